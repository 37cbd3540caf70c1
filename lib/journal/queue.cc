#include "lib/journal/queue.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

namespace journal {

namespace {
constexpr std::chrono::seconds kStuckAfter{1};

timespec as_timespec(base::Time t) {
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  const auto whole = std::chrono::floor<seconds>(t.time_since_epoch());
  const nanoseconds rest = t.time_since_epoch() - whole;
  return {static_cast<time_t>(whole.count()), static_cast<long>(rest.count())};
}

bool wait_for(sem_t& sem, base::Time until) {
  if (until == base::Time::max()) {
    while (::sem_wait(&sem) < 0 && errno == EINTR) {
    }
    return true;
  }
  const timespec deadline = as_timespec(std::max(until, base::Time{}));
  int rc = 0;
  do {
    rc = ::sem_clockwait(&sem, CLOCK_MONOTONIC, &deadline);
  } while (rc < 0 && errno == EINTR);
  return rc == 0;
}
}  // namespace

Queue::Queue() {
  ::sem_init(&woken_, 0, 0);
  ::sem_init(&end_, 0, 0);
}

// Whoever is still queued is let go; there is no thread any more to serve it.
Queue::~Queue() {
  std::vector<std::shared_ptr<File>> left;
  take(left);
  ::sem_destroy(&woken_);
  ::sem_destroy(&end_);
}

// The exchange pairs with the thread's, which clears `queued` before it looks at the ring: either
// the thread sees the bytes that were committed before this call, or the file is queued again.
void Queue::push(const std::shared_ptr<File>& file) {
  if (file->queued.exchange(true)) return;
  file->self = file;
  file->next = list_.load(std::memory_order_relaxed);
  while (!list_.compare_exchange_weak(file->next, file.get())) {
  }
}

void Queue::wake() {
  if (state_.load() == State::awake) return;
  if (state_.exchange(State::awake) != State::awake) ::sem_post(&woken_);
}

void Queue::request_stop() {
  stopping_ = true;
  wake();
}

void Queue::take(std::vector<std::shared_ptr<File>>& out) {
  const auto had = static_cast<std::ptrdiff_t>(out.size());
  File* file = list_.exchange(nullptr);
  while (file != nullptr) {
    File* const next = file->next;
    out.push_back(std::move(file->self));
    file = next;
  }
  std::reverse(out.begin() + had, out.end());
}

void Queue::sleep(base::Time until) {
  busy(base::Time{});
  wait(State::asleep, until, false);
}

void Queue::linger(base::Time until) {
  wait(State::lingering, until, true);
}

// A wake-up that comes between time-out and the last line leaves a token, which costs one idle
// turn.
void Queue::wait(State state, base::Time until, bool even_if_queued) {
  state_ = state;
  if (!stopping_.load() && (even_if_queued || list_.load() == nullptr)) wait_for(woken_, until);
  state_ = State::awake;
}

bool Queue::stuck(base::Time now) const {
  const base::Time since = busy_since_.load(std::memory_order_relaxed);
  return since != base::Time{} && now - since > kStuckAfter;
}

void Queue::end() {
  ended_ = true;
  ::sem_post(&end_);
}

bool Queue::wait_end(base::Time until) {
  return ended() || wait_for(end_, until);
}

}  // namespace journal
