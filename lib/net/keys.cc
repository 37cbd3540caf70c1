#include "lib/net/keys.h"

namespace net {

void Keys::push(const std::shared_ptr<Sender>& from, std::string unit) {
  if (unit.empty()) return;
  from->waiting += unit.size();
  waiting_ += unit.size();
  queue_.push_back({from, std::move(unit)});
  if (from->waiting >= kHighWater && !from->held) {
    from->held = true;
    if (from->hold) from->hold(true);
  }
}

std::string_view Keys::front() const {
  if (queue_.empty()) return {};
  return std::string_view(queue_.front().bytes).substr(done_);
}

void Keys::took(Sender& sender, size_t n) {
  sender.waiting -= n;
  waiting_ -= n;
  if (sender.held && sender.waiting <= kLowWater) {
    sender.held = false;
    if (sender.hold) sender.hold(false);
  }
}

void Keys::pop(size_t n) {
  done_ += n;
  const std::shared_ptr<Sender> sender = queue_.front().from;
  if (done_ == queue_.front().bytes.size()) {
    queue_.pop_front();
    done_ = 0;
  }
  took(*sender, n);
}

size_t Keys::clear() {
  size_t lost = 0;
  while (!empty()) {
    const size_t n = front().size();
    lost += n;
    pop(n);
  }
  return lost;
}

}  // namespace net
