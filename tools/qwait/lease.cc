#include "tools/qwait/lease.h"

#include <algorithm>
#include <ctime>

namespace qwait {

using std::chrono::milliseconds;

namespace {
constexpr int64_t kFirstLook = 20, kLastLook = 1000;  // ms, of a held item
}

int64_t boot_ms() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

Keeper::Keeper(net::Loop& loop, queue::Work& work, queue::Lease lease, int64_t length_ms,
               int64_t asked, Events events)
    : loop_(loop),
      work_(work),
      lease_(std::move(lease)),
      length_(length_ms),
      until_(asked + length_ms),
      events_(std::move(events)),
      renew_(loop, [this] { renew(); }),
      end_(loop, [this] { end_nears(); }) {
  plan();
}

void Keeper::watch_closely() {
  closely_ = kFirstLook;
  plan();
}

void Keeper::stop() {
  stopped_ = true;
  renew_.cancel();
}

// The timers stand still in a suspended machine; sure() does not.
void Keeper::plan() {
  if (over_) return;
  const int64_t left = std::max<int64_t>(0, until_ - boot_ms());
  const int64_t third = std::max<int64_t>(0, left - length_ * 2 / 3);
  if (!stopped_) renew_.after(milliseconds(closely_ > 0 ? std::min(closely_, third) : third));
  end_.after(milliseconds(warned_ ? left : std::max<int64_t>(0, left - length_ / 6)));
}

void Keeper::renew() {
  if (asking_ || stopped_ || over_) return;
  asking_ = true;
  const int64_t asked = boot_ms();
  work_.renew(lease_, length_, [this, asked, alive = std::weak_ptr<bool>(alive_)](auto fate) {
    if (!alive.expired()) answered(std::move(fate), asked);
  });
}

void Keeper::answered(base::Result<queue::Fate> fate, int64_t asked) {
  asking_ = false;
  if (over_ || stopped_) return;
  if (!fate) {
    renew_.after(milliseconds(std::max<int64_t>(10, length_ / 24)));
    return;
  }
  if (*fate == queue::Fate::lost) {
    over_ = true;
    end_.cancel();
    events_.over(true);
    return;
  }
  until_ = asked + length_;
  warned_ = false;
  closely_ = std::min(closely_ * 2, kLastLook);
  plan();
}

void Keeper::end_nears() {
  if (over_) return;
  if (!warned_ && sure()) {
    warned_ = true;
    plan();
    events_.ending();
    return;
  }
  if (sure()) return plan();
  over_ = true;
  renew_.cancel();
  events_.over(false);
}

}  // namespace qwait
