// Keys: what viewers sent and the command has not taken yet. One queue in the order of arrival, a
// unit (a line, or what came at once) never mixed with another; each sender may have only so much
// in it, so that a command that does not read holds back those who type, and nobody else. Knows no
// descriptors.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace net {

class Keys {
 public:
  // How much of one sender's may wait before it is held back, and when it is let go on.
  static constexpr size_t kHighWater = 64 * 1024;
  static constexpr size_t kLowWater = 16 * 1024;

  // One who types. Shared with the queue, which may hold its units for longer than it lives.
  struct Sender {
    size_t waiting = 0;
    std::function<void(bool held)> hold;  // stop reading it, or go on; null once it is gone
    bool held = false;
  };

  void push(const std::shared_ptr<Sender>& from, std::string unit);

  bool empty() const { return queue_.empty(); }
  // The bytes to write next.
  std::string_view front() const;
  // So many of them were written.
  void pop(size_t n);
  // Throws everything away: what was typed for a command that is gone must not reach the next.
  // Returns how many bytes that were.
  size_t clear();
  size_t waiting() const { return waiting_; }

 private:
  struct Unit {
    std::shared_ptr<Sender> from;
    std::string bytes;
  };
  void took(Sender& sender, size_t n);

  std::deque<Unit> queue_;
  size_t done_ = 0;  // of the front unit
  size_t waiting_ = 0;
};

}  // namespace net
