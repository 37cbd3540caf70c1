// Pump: the bytes of one connected descriptor (a pty, a socket, a serial line) into the console,
// and keys out. What the drivers that end in a descriptor have in common.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "tools/consoled/driver.h"

namespace consoled {

class Pump {
 public:
  // Changes what was read, in place, and returns how much of it is left for the console (telnet).
  using Filter = std::function<size_t(std::span<char> bytes)>;
  // The other side is gone. May be called again after look_again().
  using End = std::function<void(base::Error why)>;

  // `fd`: non-blocking; closed when this goes.
  Pump(const Surroundings& around, base::Fd fd, Intake& intake, End end, Filter filter = nullptr);
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  // As Driver::write and Driver::resume.
  size_t write(std::string_view keys);
  void resume();
  // Queues bytes of the line's own protocol; they go before any keys, which are not taken until
  // then. There is no bound here: who sends asks unsent() first.
  void send(std::string_view bytes);
  size_t unsent() const { return unsent_.size(); }
  // More is to be read: it waits for room, or is there.
  bool held() const { return held_; }
  bool more() const;
  // After an end: a terminal may be opened again by who closed it.
  void look_again();
  int fd() const { return fd_.get(); }

 private:
  void ready(unsigned what);
  void break_off();
  void gather();
  void take(size_t& got, bool& end, int& sys);
  size_t write_some(std::string_view bytes);
  bool flush();
  void interest();

  const Surroundings& around_;
  base::Fd fd_;
  Intake& intake_;
  End end_;
  Filter filter_;
  std::string unsent_;
  bool held_ = false;  // no room for its bytes
  bool full_ = false;  // it takes no keys now
  bool over_ = false;
  int broken_ = 0;     // errno of a write: it will never take keys again
  uint64_t seen_ = 0;  // the crowd's
  net::Watch watch_;
};

}  // namespace consoled
