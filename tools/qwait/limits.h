// Limits: when a waiter ends by itself: time over, silence, a signal. Whoever waits asks what it
// has come to, and stops at the next place where nothing is lost.
#pragma once

#include <functional>

#include "lib/net/loop.h"
#include "tools/qwait/options.h"

namespace qwait {

class Limits {
 public:
  // `stop` is called when no more is to be taken, with how often a signal asked for it (0: none
  // did, time or silence is over).
  Limits(net::Loop& loop, const Options& options, std::function<void(int signals)> stop);

  // One came: the silence starts anew, the count goes on. `busy`: work is in hand.
  void got();
  void set_busy(bool busy) { busy_ = busy; }
  // So many more may be taken; a large number where there is no end.
  int64_t left() const;
  // -t 0: take only what is there.
  bool no_waiting() const { return options_.timeout_ms == 0; }
  // Some were missed: the status is 98 where it would be 0.
  void missed() { missed_ = true; }
  // For exit(3).
  int status() const;

 private:
  void silent();

  const Options& options_;
  std::function<void(int)> stop_;
  net::Timer timeout_, silence_;
  net::Signals signals_;
  int64_t count_ = 0;
  int signal_ = 0, signals_seen_ = 0, over_ = 0;
  bool busy_ = false, missed_ = false;
};

}  // namespace qwait
