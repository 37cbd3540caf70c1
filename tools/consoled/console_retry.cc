// When a console connects: the waits between attempts, and what brings the next one forward.
#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "tools/consoled/console.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::cat;
using base::Errc;
using base::error;

namespace {
constexpr auto kLasted = std::chrono::seconds(10);  // a line that lasted so long was a good one
}  // namespace

void Console::retry() {
  not_before_ = {};
  if (status_.state == State::waiting) happen(Happening::wanted);
  if (status_.state == State::queued && held()) queue();
}

// Somebody looks: the next attempt comes forward, but whoever comes again and again does not get
// round the waits, nor a target's account locked.
void Console::hurry() {
  if (status_.state != State::waiting) return;
  if (shared_.loop.now() >= not_before_) return happen(Happening::wanted);
  set_next(not_before_);
}

// Asks for a turn, at once or as soon as may be.
void Console::queue() {
  if (shared_.loop.now() < not_before_) return hold();
  set_next({});
  shared_.turns.ask(this, param(node_, "host"), [this] { happen(Happening::turn); });
}

// One on demand that was tried lately: who looks now is told how that ended, and waits.
void Console::hold() {
  set_next(not_before_);
  status_.failed = closed_.has_value();
  status_.reason = closed_ ? closed_->what : "tried a moment ago, when whoever asked for it left";
  if (std::exchange(told_down_, true)) return;
  tell_all(cat("\n[[not connected: ", status_.reason, "]]\n"));
}

bool Console::held() const {
  return retry_ && retry_->timer.pending();
}

void Console::due() {
  not_before_ = {};
  if (status_.state == State::queued) return queue();
  happen(Happening::due);
}

Console::Retry& Console::retry_now() {
  const ConnectSettings& settings = shared_.config.connect;
  if (!retry_ || retry_->first != settings.first_wait || retry_->most != settings.longest_wait) {
    retry_ = std::make_unique<Retry>(settings, shared_.loop, [this] { due(); });
  }
  return *retry_;
}

// When the next attempt is; {}: it is not waited for.
void Console::set_next(base::Time when) {
  if (when == base::Time{}) {
    status_.next_us = 0;
    if (retry_) retry_->timer.cancel();
    return;
  }
  const base::Duration wait = when - shared_.loop.now();
  status_.next_us =
      base::wall_us() + std::chrono::duration_cast<std::chrono::microseconds>(wait).count();
  retry_now().timer.at(when);
}

void Console::set_retry() {
  const bool was_up = up_at_ != base::Time{};
  Retry& retry = retry_now();
  if (was_up && shared_.loop.now() - up_at_ >= kLasted) {
    retry.backoff.reset();
    status_.attempts = 0;
  }
  up_at_ = {};
  lose_line();
  // It is within its own last call.
  shared_.loop.defer([gone = std::shared_ptr<Driver>(std::move(driver_))] {});
  const base::Duration wait = retry.backoff.next();
  set_next(shared_.loop.now() + wait);
  not_before_ = tried_at_ + retry.first;
  if (status_.down_us == 0) status_.down_us = base::wall_us();
  const std::string why = closed_ ? closed_->what : "";
  if (was_up || !told_down_ || why != status_.reason) {
    base::log::warn(name(), ": ", why, ": again in ",
                    std::chrono::duration_cast<std::chrono::seconds>(wait).count(), " s");
    if (was_up || !told_down_) note(journal::Kind::down, why);
    shared_.events.emit("down", {{"console", name()}, {"reason", why}});
    tell_all(cat("\n[[not connected: ", why, "]]\n"));
  }
  told_down_ = true;
  status_.failed = true;
  status_.reason = why;
  settle(closed_.value_or(error(Errc::closed, why)));
}

}  // namespace consoled
