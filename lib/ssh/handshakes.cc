#include "lib/ssh/handshakes.h"

namespace ssh {

Handshakes::Handshakes(net::Loop& loop, size_t limit, base::Duration lease)
    : loop_(loop), limit_(limit), lease_(lease), timer_(loop, [this] { serve(); }) {}

void Handshakes::serve() {
  const base::Time now = loop_.now();
  while (!running_.empty() && running_.front()->until_ <= now) {
    running_.front()->state_ = Turn::State::late;
    running_.pop_front();
  }
  while (!waiting_.empty() && running_.size() < limit_) {
    Turn& next = *waiting_.front();
    running_.splice(running_.end(), waiting_, waiting_.begin());
    next.state_ = Turn::State::running;
    next.until_ = now + lease_;
    next.granted_();
  }
  arm();
}

void Handshakes::arm() {
  if (waiting_.empty()) return timer_.cancel();
  timer_.at(running_.size() < limit_ ? loop_.now() : running_.front()->until_);
}

Handshakes::Turn::Turn(Handshakes& queue, std::function<void()> granted)
    : queue_(queue), granted_(std::move(granted)) {
  place_ = queue_.waiting_.insert(queue_.waiting_.end(), this);
  queue_.arm();
}

Handshakes::Turn::~Turn() {
  if (state_ == State::waiting) queue_.waiting_.erase(place_);
  if (state_ == State::running) queue_.running_.erase(place_);
  queue_.arm();
}

void Handshakes::Turn::progress() {
  if (state_ != State::running) return;
  until_ = queue_.loop_.now() + queue_.lease_;
  queue_.running_.splice(queue_.running_.end(), queue_.running_, place_);
}

}  // namespace ssh
