// Keeper: keeps one lease: renews it at a third of its length, and knows until when it is surely
// ours. That is counted by CLOCK_BOOTTIME, which goes on in a suspended machine, from before Redis
// was asked: whatever the answer took, Redis's end is not before ours.
#pragma once

#include <functional>

#include "lib/net/loop.h"
#include "lib/queue/work.h"

namespace qwait {

// Milliseconds of CLOCK_BOOTTIME.
int64_t boot_ms();

class Keeper {
 public:
  struct Events {
    // A sixth of the lease is left, and it could not be renewed: what runs under it ends now.
    std::function<void()> ending;
    // It is over, or may be: nothing may be done under it any more. Called once, last.
    std::function<void(bool surely)> over;
  };
  // `asked`: boot_ms() before the take.
  Keeper(net::Loop& loop, queue::Work& work, queue::Lease lease, int64_t length_ms, int64_t asked,
         Events events);

  const queue::Lease& lease() const { return lease_; }
  // No one else can have the item.
  bool sure() const { return !over_ && boot_ms() < until_; }
  // Looks often whether the item is still ours: others settle it (--hold).
  void watch_closely();
  // It is settled, or being settled: no more renewing.
  void stop();

 private:
  void renew();
  void answered(base::Result<queue::Fate> fate, int64_t asked);
  void end_nears();
  void plan();

  net::Loop& loop_;
  queue::Work& work_;
  queue::Lease lease_;
  int64_t length_, until_;
  int64_t closely_ = 0;  // ms until the next look, 0: by the lease alone
  Events events_;
  net::Timer renew_, end_;
  bool asking_ = false, warned_ = false, over_ = false, stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace qwait
