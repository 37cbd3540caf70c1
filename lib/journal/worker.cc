#include "lib/journal/worker.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace journal {

namespace {
using std::chrono::milliseconds;

constexpr size_t kStage = 262144;
constexpr size_t kMostOwing = 4096;  // more wait only while their console lives
constexpr int kRounds = 16;          // of one file, 4 MiB; then the others
constexpr milliseconds kLinger{2};   // lets a flood pile up: fewer and larger writes
}  // namespace

Worker::Worker(std::shared_ptr<Queue> queue) : queue_(std::move(queue)), stage_(new char[kStage]) {}

void Worker::run() {
  while (!queue_->abandoned()) {
    const bool worked = turn();
    if (queue_->stopping() && !worked) break;
    // A slice of a compression takes the place of the pause: then the consoles again.
    if (!queue_->stopping() && !pack()) pause(worked);
  }
  finish();
}

// True: there was something to do, and there may be more.
bool Worker::turn() {
  queue_->take(taken_);
  const bool any = !taken_.empty();
  for (const FilePtr& file : taken_) {
    if (!queue_->abandoned()) serve(file);
  }
  taken_.clear();
  settle(false);
  return any;
}

void Worker::serve(const FilePtr& file) {
  file->queued.exchange(false);  // before the ring is looked at: Queue::push() says why
  if (file->reopen.exchange(false)) file->output.reopen();
  if (drain(*file)) queue_->push(file);
  note(file);
}

// True: there is more.
bool Worker::drain(File& file) {
  for (int round = 0; round < kRounds; round++) {
    const base::Time now = base::Clock::now();
    queue_->busy(now);
    const bool open = file.output.ready(now);
    if (queue_->abandoned()) return false;
    const File::Piece piece = open ? file.take(stage_.get(), kStage) : file.skip();
    file.output.add(file.take_events());
    file.output.owe(piece.gap);
    if (!open) file.output.lose(piece.size);
    if (!open) return false;
    if (piece.size == 0 && !file.output.noted()) return false;
    file.output.put({stage_.get(), piece.size}, now, filtered_);
    file.landed();
    if (piece.size == 0) return false;
  }
  return true;
}

void Worker::note(const FilePtr& file) {
  if (file->output.owes() && !std::exchange(file->owing, true)) owing_.push_back(file);
  if (file->output.packing() && !std::exchange(file->packing, true)) packing_.push_back(file);
}

// Writes the markers that are due, where the disk may take bytes again.
void Worker::settle(bool now_or_never) {
  const base::Time now = base::Clock::now();
  const auto settled = [&](const FilePtr& file) {
    if (now_or_never) file->output.end_rest();
    queue_->busy(now);
    if (!file->output.resting(now)) file->output.put({}, now, filtered_);
    file->owing = file->output.owes();
    const bool gone = file.use_count() == 1;  // its Append is
    return !file->owing || (gone && owing_.size() > kMostOwing);
  };
  owing_.erase(std::remove_if(owing_.begin(), owing_.end(), settled), owing_.end());
}

// One slice of one compression; false: there is none to do.
bool Worker::pack() {
  if (packing_.empty()) return false;
  File& file = *packing_.front();
  queue_->busy(base::Clock::now());
  file.output.pack();
  if (!file.output.packing()) {
    file.packing = false;
    packing_.erase(packing_.begin());
  }
  return true;
}

void Worker::pause(bool worked) {
  if (worked) queue_->linger(base::Clock::now() + kLinger);
  if (worked) return;
  base::Time until = base::Time::max();
  for (const FilePtr& file : owing_) until = std::min(until, file->output.rest_until());
  queue_->sleep(until);
}

void Worker::finish() {
  if (!queue_->abandoned()) settle(true);
  for (const FilePtr& file : packing_) file->output.cancel_packing();
}

}  // namespace journal
