#include "lib/journal/append.h"

#include <utility>

#include "lib/journal/file.h"
#include "lib/journal/queue.h"
#include "lib/journal/writer.h"

namespace journal {

namespace {
constexpr uint64_t kWakeAt = 65536;
}

Append::Append(Writer& writer, const base::Ring& ring, Options options)
    : ring_(ring), queue_(writer.queue_), file_(std::make_shared<File>(ring, std::move(options))) {
  queue_->push(file_);
  queue_->wake();
}

Append::~Append() {
  file_->detach(!queue_->ended() && !queue_->stuck(base::Clock::now()));
  queue_->push(file_);
  queue_->wake();
}

bool Append::dirty() {
  queue_->push(file_);
  const Queue::State state = queue_->state();
  if (state == Queue::State::awake) return false;
  const uint64_t waiting = ring_.head() - cursor();
  if (state == Queue::State::lingering) {
    if (waiting >= ring_.size() / 2) queue_->wake();
    return false;
  }
  if (waiting < kWakeAt && waiting < ring_.size() / 2) return true;
  queue_->wake();
  return false;
}

void Append::flush() {
  queue_->wake();
}

void Append::note(Event event) {
  file_->note({std::move(event), ring_.head(), base::wall_us()});
  queue_->push(file_);
}

uint64_t Append::cursor() const {
  return file_->cursor();
}

uint64_t Append::floor() {
  const uint64_t head = ring_.head();
  if (head - cursor() > ring_.size() / 2 && queue_->stuck(base::Clock::now())) {
    static_cast<void>(overtake(head - ring_.size() / 4));
  }
  return cursor();
}

bool Append::overtake(uint64_t to) {
  return file_->overtake(to);
}

void Append::reopen() {
  file_->reopen = true;
  queue_->push(file_);
  queue_->wake();
}

uint64_t Append::pending() const {
  return ring_.head() - cursor() + file_->staged();
}

Status Append::status(base::Time now) const {
  const Output::Counters& c = file_->output.counters();
  Status s;
  s.pending = pending();
  s.written = c.written.load(std::memory_order_relaxed);
  s.lost = c.lost.load(std::memory_order_relaxed);
  s.rotations = c.rotations.load(std::memory_order_relaxed);
  s.error = c.error.load(std::memory_order_relaxed);
  s.rotation_error = c.rotation_error.load(std::memory_order_relaxed);
  s.index_error = file_->output.index_error();
  s.open = c.open.load(std::memory_order_relaxed);
  s.stuck = s.pending > 0 && queue_->stuck(now);
  return s;
}

}  // namespace journal
