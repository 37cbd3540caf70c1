// Ending: what comes after the job is over: viewers get what is left, and the loop stops when the
// last has gone, or after ten seconds, for a stalled one must not keep the name. With -w it stays
// for as long as it takes until somebody was there and the last one left.
#pragma once

#include "lib/net/fanout.h"
#include "lib/net/loop.h"
#include "lib/peer/events.h"
#include "tools/ptybufferd/options.h"

namespace ptybufferd {

class Ending {
 public:
  Ending(net::Loop& loop, const Options& options, net::Fanout& fanout, peer::Events& events);

  // The job is over, with this status for exit(3). Emits "over".
  void begin(int code);
  bool begun() const { return begun_; }
  // A viewer has left, and it was the last.
  void none_left();
  int code() const { return code_; }

 private:
  net::Loop& loop_;
  const Options& options_;
  net::Fanout& fanout_;
  peer::Events& events_;
  bool begun_ = false;
  int code_ = 0;
  net::Timer limit_;
};

}  // namespace ptybufferd
