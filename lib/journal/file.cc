#include "lib/journal/file.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace journal {

namespace {
constexpr size_t kMostEvents = 256;
}

File::File(const base::Ring& ring, Options options)
    : output(std::move(options), ring.head()), ring_(&ring), cursor_(ring.head()) {}

void File::note(Noted event) {
  const std::lock_guard<std::mutex> lock(noting_);
  if (events_.size() < kMostEvents) events_.push_back(std::move(event));
}

std::vector<Noted> File::take_events() {
  const std::lock_guard<std::mutex> lock(noting_);
  return std::exchange(events_, {});
}

bool File::overtake(uint64_t to) {
  const std::unique_lock<std::mutex> lock(copying_, std::try_to_lock);
  if (!lock) return false;
  const uint64_t from = cursor();
  if (from >= to) return true;
  overtaken_ += to - from;
  output.count_lost(to - from);
  cursor_.store(to, std::memory_order_release);
  return true;
}

void File::detach(bool save) {
  const std::lock_guard<std::mutex> lock(copying_);
  rest_at_ = cursor();
  const uint64_t n = head() - rest_at_;
  if (save) {
    rest_.resize(n);
    ring_->copy(rest_at_, n, rest_.data());
  } else {
    overtaken_ += n;
    output.count_lost(n);
    rest_at_ += n;
    cursor_.store(rest_at_, std::memory_order_release);
  }
  ring_ = nullptr;
}

uint64_t File::head() const {
  return ring_ ? ring_->head() : rest_at_ + rest_.size();
}

// What is to be taken next, at most `max` bytes; under the lock.
File::Piece File::next_piece(uint64_t max) {
  return {std::exchange(overtaken_, 0), std::min(head() - cursor(), max)};
}

File::Piece File::take(char* out, size_t max) {
  const std::lock_guard<std::mutex> lock(copying_);
  const Piece piece = next_piece(max);
  if (piece.size == 0) return piece;
  const uint64_t at = cursor();
  if (ring_) {
    ring_->copy(at, piece.size, out);
  } else {
    std::memcpy(out, &rest_[at - rest_at_], piece.size);
  }
  staged_.store(piece.size, std::memory_order_relaxed);
  cursor_.store(at + piece.size, std::memory_order_release);
  return piece;
}

File::Piece File::skip() {
  const std::lock_guard<std::mutex> lock(copying_);
  const Piece piece = next_piece(UINT64_MAX);
  cursor_.fetch_add(piece.size, std::memory_order_release);
  return piece;
}

}  // namespace journal
