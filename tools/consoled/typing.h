// Typing: what goes to the target of one console: keys of viewers, in the order of their arrival,
// and between them what the daemon itself plays: break sequences, the chat of a new line, probes.
// While something is played the keys wait. Owned by its Console; blocks on nothing.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/keys.h"
#include "lib/net/loop.h"
#include "tools/consoled/breaks.h"
#include "tools/consoled/driver.h"

namespace consoled {

class Typing {
 public:
  // What became of something that was played.
  using Told = std::function<void(base::Result<void>)>;

  explicit Typing(net::Loop& loop);
  Typing(const Typing&) = delete;
  Typing& operator=(const Typing&) = delete;

  // The line is open: what waited goes out. The chat comes before all keys; `deadline` is for all
  // of it, and after an error (timeout: what was waited for did not come) keys go as ever.
  void start(Driver& driver, std::vector<Turn> chat, base::Time deadline, Told told);
  bool started() const { return driver_ != nullptr; }
  // The line is over: nothing reaches the next one. How many bytes of keys that were.
  size_t stop();

  void push(const std::shared_ptr<net::Keys::Sender>& from, std::string unit);
  // After the keys that were typed before it.
  void play(Steps steps, Told told);
  // As Intake's.
  void writable();
  // What the target said, for the chat.
  bool listens() const { return !chat_.empty(); }
  void heard(std::string_view bytes);

  size_t waiting() const { return keys_.waiting(); }
  size_t plays() const { return plays_.size(); }

 private:
  struct Play {
    Steps steps;
    Told told;
    uint64_t after = 0;         // bytes of keys, counted from the start
    size_t step = 0, done = 0;  // of the step's text
  };
  void run();
  bool run_keys();
  bool run_play();
  bool run_step(Play& play);
  void end_play(base::Result<void> result);
  void expect();
  void answer();
  void end_chat(base::Result<void> result);

  net::Loop& loop_;
  Driver* driver_ = nullptr;  // while the line is open
  net::Keys keys_;
  uint64_t pushed_ = 0, popped_ = 0;
  std::deque<Play> plays_;
  std::vector<Turn> chat_;  // what is left of it, the present turn first
  Told chat_told_;
  base::Time chat_deadline_{};
  std::string heard_;       // as much as the present turn may need
  bool answering_ = false;  // what the present turn sends is being played
  bool full_ = false;       // the target takes no more
  bool running_ = false;
  net::Timer timer_;  // a pause, or the chat's deadline
};

}  // namespace consoled
