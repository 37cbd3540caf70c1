#include "lib/net/loop.h"

#include <algorithm>
#include <csignal>

#include <event2/event.h>

#include "lib/base/check.h"

namespace net {

namespace {
constexpr int kPriorities = 2;
constexpr timeval kFloodSlice{0, 1000};
constexpr int kFloodCallbacks = 4;

event_base* make_base() {
  event_config* config = event_config_new();
  CHECK(config != nullptr);
  event_config_set_max_dispatch_interval(config, &kFloodSlice, kFloodCallbacks, 1);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  CHECK(base != nullptr && event_base_priority_init(base, kPriorities) == 0);
  return base;
}

EventPtr make_event(event_base* base, int fd, short what, event_callback_fn callback, void* self,
                    Priority priority) {
  EventPtr e(event_new(base, fd, what, callback, self));
  CHECK(e && event_priority_set(e.get(), static_cast<int>(priority)) == 0);
  return e;
}

timeval until(base::Duration left) {
  const auto us =
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(left).count());
  return {us / 1000000, us % 1000000};
}
}  // namespace

void free_event(event* e) {
  event_free(e);
}
void free_base(event_base* b) {
  event_base_free(b);
}

Loop::Loop()
    : base_(make_base()),
      wake_(make_event(base_.get(), -1, 0, trampoline, this, Priority::urgent)) {
  // A peer that went away is an error of write(2), not a signal.
  std::signal(SIGPIPE, SIG_IGN);
}

Loop::~Loop() = default;

void Loop::run() {
  if (!stopped_) event_base_loop(base_.get(), 0);
  stopped_ = false;
}

void Loop::stop() {
  stopped_ = true;
  event_base_loopbreak(base_.get());
}

base::Time Loop::now() {
  return base::Clock::now();
}

void Loop::defer(std::function<void()> what) {
  deferred_.push_back(std::move(what));
  event_active(wake_.get(), 0, 0);
}

void Loop::trampoline(int /*fd*/, short /*what*/, void* self) noexcept {
  static_cast<Loop*>(self)->run_deferred();
}

void Loop::run_deferred() {
  std::vector<std::function<void()>> batch;
  batch.swap(deferred_);  // what these defer in turn comes next time
  for (auto& what : batch) what();
}

Watch::Watch(Loop& loop, int fd, Callback callback, Priority priority)
    : callback_(std::move(callback)),
      read_(make_event(loop.base(), fd, EV_READ | EV_PERSIST, trampoline, this, priority)),
      write_(make_event(loop.base(), fd, EV_WRITE | EV_PERSIST, trampoline, this, priority)),
      priority_(priority) {}

void Watch::want(unsigned what) {
  const auto set = [&](const EventPtr& e, unsigned bit) {
    if ((what & bit) == (wanted_ & bit)) return;
    CHECK(((what & bit) != 0 ? event_add(e.get(), nullptr) : event_del(e.get())) == 0);
  };
  set(read_, kRead);
  set(write_, kWrite);
  wanted_ = what;
}

void Watch::set_priority(Priority priority) {
  if (priority == priority_) return;
  // libevent refuses while the event is active; then the next turn may try again.
  if (event_priority_set(read_.get(), static_cast<int>(priority)) == 0) priority_ = priority;
}

void Watch::trampoline(int /*fd*/, short what, void* self) noexcept {
  static_cast<Watch*>(self)->callback_(((what & EV_READ) != 0 ? kRead : 0U) |
                                       ((what & EV_WRITE) != 0 ? kWrite : 0U));
}

Timer::Timer(Loop& loop, std::function<void()> callback)
    : loop_(loop),
      callback_(std::move(callback)),
      event_(make_event(loop.base(), -1, 0, trampoline, this, Priority::urgent)) {}

// libevent counts from the time that it keeps, which may be that of a long callback's begin.
void Timer::at(base::Time when) {
  event_base_update_cache_time(loop_.base());
  const timeval left = until(when - loop_.now());
  CHECK(event_add(event_.get(), &left) == 0);
  pending_ = true;
}

void Timer::cancel() {
  if (!pending_) return;
  event_del(event_.get());
  pending_ = false;
}

void Timer::trampoline(int /*fd*/, short /*what*/, void* self) noexcept {
  auto* timer = static_cast<Timer*>(self);
  timer->pending_ = false;
  timer->callback_();
}

Signals::Signals(Loop& loop, const std::vector<int>& signals, std::function<void(int)> callback)
    : callback_(std::move(callback)) {
  for (const int signal : signals) {
    events_.push_back(make_event(loop.base(), signal, EV_SIGNAL | EV_PERSIST, trampoline, this,
                                 Priority::urgent));
    CHECK(event_add(events_.back().get(), nullptr) == 0);
  }
}

void Signals::trampoline(int signal, short /*what*/, void* self) noexcept {
  static_cast<Signals*>(self)->callback_(signal);
}

}  // namespace net
