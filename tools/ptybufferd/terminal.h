// Terminal: the master side of one pty, or one device: its bytes go into the ring and on to viewers
// and log, keys go in. Lives as long as that descriptor; the job makes a new one for the next.
#pragma once

#include <functional>

#include "lib/base/fd.h"
#include "lib/net/fanout.h"
#include "lib/net/keys.h"
#include "lib/net/loop.h"
#include "lib/pty/pty.h"
#include "tools/ptybufferd/history.h"
#include "tools/ptybufferd/logs.h"

namespace ptybufferd {

// Where a terminal's bytes go, and where its keys come from.
struct Channel {
  net::Fanout& fanout;
  History& history;
  Logs& logs;
  net::Keys& keys;

  // Bytes were committed to the ring: to the count, the log, the viewers.
  void publish() const;
  // Puts the daemon's own words into the stream, as if the job had said them.
  void say(std::string_view text) const;
};

class Terminal {
 public:
  // `fd`: non-blocking. `hangup`: nobody has the other side open, or the device is gone; may be
  // called again after resume().
  Terminal(net::Loop& loop, base::Fd fd, Channel channel, std::function<void()> hangup);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // There are keys to write.
  void keys_waiting();
  // After a hangup: looks again.
  void resume();
  // Takes what can be read now, for a job that has ended.
  void drain();
  base::Result<void> resize(pty::Size size) { return pty::set_size(fd_.get(), size); }
  int fd() const { return fd_.get(); }

 private:
  enum class Got { nothing, some, all, end };
  void ready(unsigned what);
  Got gather();
  void write_keys();
  void interest();

  base::Fd fd_;
  Channel channel_;
  std::function<void()> hangup_;
  net::Source source_;
  bool held_ = false;     // no room in the ring
  bool hung_up_ = false;  // the other side is closed
  bool full_ = false;     // it takes no keys now
  net::Watch watch_;
};

}  // namespace ptybufferd
