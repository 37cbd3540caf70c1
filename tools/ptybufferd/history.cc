#include "tools/ptybufferd/history.h"

#include <algorithm>

namespace ptybufferd {

void History::committed() {
  const uint64_t head = ring_.head();
  lines_ += ring_.count_lines(std::max(counted_, ring_.tail()), head);
  counted_ = head;
}

uint64_t History::begin() const {
  const uint64_t tail = ring_.tail();
  const uint64_t whole = tail == 0 ? 0 : ring_.line_start(tail);
  return ring_.last_lines(whole, static_cast<uint64_t>(keep_));
}

uint64_t History::first_shown() const {
  const uint64_t kept = begin();
  return tail_ < 0 ? kept : ring_.last_lines(kept, static_cast<uint64_t>(tail_));
}

uint64_t History::lines_before(uint64_t offset) const {
  return lines_ - ring_.count_lines(offset, ring_.head());
}

}  // namespace ptybufferd
