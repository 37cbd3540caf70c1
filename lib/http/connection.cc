#include "lib/http/connection.h"

#include "lib/base/log.h"

namespace http {

using base::Error;
using base::Result;

namespace {
// What a client may send ahead of its answers.
constexpr size_t kMaxAhead = size_t{64} * 1024;
}  // namespace

Connection::Connection(const ConnectionRules& rules, std::string peer, std::shared_ptr<void> place,
                       std::function<void()> gone)
    : rules_(rules),
      peer_(std::move(peer)),
      place_(std::move(place)),
      gone_(std::move(gone)),
      stall_(rules.patience.stall),
      parser_(rules.max_body),
      deadline_(rules.loop, [this] { timed_out(); }),
      next_(rules.loop, [this] { serve(); }) {}

Connection::~Connection() {
  if (exchange_ != nullptr) exchange_->connection_gone();
}

Result<void> Connection::open(base::Fd fd, const MakeStream& make_stream) {
  net::Stream::Events events{
      .data = [this](std::string_view bytes) { data(bytes); },
      .end = [this](const std::optional<Error>& e) { ended(e); },
      .low_water = [this] { low_water(); },
  };
  if (make_stream) {
    auto stream = make_stream(std::move(fd), std::move(events));
    if (!stream) return stream.error();
    stream_ = std::move(*stream);
    shaking_ = true;
  } else {
    stream_ = std::make_unique<net::Stream>(rules_.loop, std::move(fd), std::move(events));
  }
  enter(State::head);
  return {};
}

base::Duration Connection::patience() const {
  switch (state_) {
    case State::idle:
      return rules_.patience.idle;
    case State::head:
      return rules_.patience.header;
    case State::body:
      return rules_.patience.body;
    case State::closing:
      return rules_.patience.linger;
    case State::busy:
    case State::over:
      break;
  }
  return rules_.patience.stall;
}

void Connection::enter(State state) {
  state_ = state;
  if (state == State::over) {
    deadline_.cancel();
  } else {
    deadline_.after(patience());
  }
}

void Connection::data(std::string_view bytes) {
  shaking_ = false;
  if (state_ == State::closing || state_ == State::over) return;
  parser_.feed(bytes);
  serve();
}

void Connection::serve() {
  if (serving_ || state_ == State::over) return;
  serving_ = true;
  while (serve_one()) {
  }
  serving_ = false;
  hold_back();
}

// Whether there may be another one.
bool Connection::serve_one() {
  const bool reads = state_ == State::idle || state_ == State::head || state_ == State::body;
  if (!reads || stream_->full()) return false;
  switch (parser_.step()) {
    case Step::more:
      if (input_over_) {
        close_soon();
      } else if (state_ == State::idle && !parser_.idle()) {
        enter(State::head);
      }
      return false;
    case Step::head:
      enter(State::body);
      if (parser_.request().fields.count("Expect") > 0 && parser_.buffered() == 0) {
        send("HTTP/1.1 100 Continue\r\n\r\n");
      }
      return true;
    case Step::refused:
      refuse(parser_.problem());
      return false;
    case Step::done:
      break;
  }
  stall_ = rules_.patience.stall;
  enter(State::busy);
  const auto exchange = std::make_shared<Exchange>(this, parser_.take());
  exchange_ = exchange.get();
  rules_.handler(exchange);
  return true;
}

void Connection::refuse(const Problem& problem) {
  const Response r = error_response(problem);
  keep_alive_ = false;
  send_head(r, {Framing::Kind::length, r.body.size()}, {});
  send(r.body);
  close_soon();
}

// The one place that decides whether the socket is read.
void Connection::hold_back() {
  if (!stream_ || state_ == State::over) return;
  const bool hold = state_ != State::closing && parser_.buffered() > kMaxAhead;
  if (hold != held_back_) stream_->pause(hold);
  held_back_ = hold;
}

void Connection::ended(const std::optional<Error>& error) {
  if (state_ == State::over) return;
  input_over_ = true;
  if (error && shaking_ && rules_.refused) rules_.refused(peer_, error->what);
  if (error || (state_ == State::closing && stream_->finished())) {
    gone();
  } else {
    serve();
  }
}

void Connection::low_water() {
  if (state_ == State::closing) {
    if (!stream_->finished()) return;
    if (input_over_) {
      gone();
    } else {
      enter(State::closing);  // lingers from now on
    }
  } else if (exchange_ != nullptr) {
    const std::function<void()> room = exchange_->room_;
    if (room) room();
  } else {
    serve();
  }
}

void Connection::timed_out() {
  if (stream_->unsent() > 0) {
    if (stalled()) return gone();
    deadline_.at(taken_at_ + stall_);
    return;
  }
  switch (state_) {
    case State::idle:
      return close_soon();
    case State::head:
      // Who said nothing at all is told nothing: browsers connect ahead.
      if (parser_.idle()) return close_soon();
      return refuse({408, "timeout", "the header did not come in time"});
    case State::body:
      return refuse({408, "timeout", "the body did not come in time"});
    case State::busy:
      return enter(State::busy);
    case State::closing:
    case State::over:
      return gone();
  }
}

bool Connection::stalled() {
  const uint64_t taken = queued_ - stream_->unsent();
  const base::Time now = rules_.loop.now();
  if (taken != taken_) {
    taken_ = taken;
    taken_at_ = now;
  }
  return now - taken_at_ >= stall_;
}

// Our last word is said: what the client still sends is read and thrown away, for a socket that is
// closed with unread bytes in it takes the answer with it.
void Connection::close_soon() {
  if (state_ == State::closing || state_ == State::over) return;
  enter(State::closing);
  stream_->finish();
  if (input_over_ && stream_->finished()) return gone();
  hold_back();
}

void Connection::gone() {
  if (state_ == State::over) return;
  enter(State::over);
  next_.cancel();
  if (stream_) stream_->pause(true);
  if (Exchange* exchange = std::exchange(exchange_, nullptr)) exchange->connection_gone();
  rules_.loop.defer([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->gone_();
  });
}

void Connection::send_head(const Response& r, Framing framing, const Request& request) {
  const bool to_the_end = framing.kind == Framing::Kind::until_close;
  keep_alive_ = keep_alive_ && request.keep_alive && !to_the_end;
  send(head_text(r, framing, request.version, keep_alive_ || r.status == 101, rules_.date()));
}

void Connection::send(std::string_view bytes) {
  if (stream_->unsent() == 0) {
    taken_ = queued_;
    taken_at_ = rules_.loop.now();
  }
  queued_ += bytes.size();
  stream_->send(bytes);
}

void Connection::answered() {
  exchange_ = nullptr;
  if (state_ != State::busy) return;
  if (!keep_alive_) return close_soon();
  enter(State::idle);
  // Not from here: whoever answered need not be asked something within its answer.
  if (!serving_ && (parser_.buffered() > 0 || input_over_)) next_.after({});
}

void Connection::cut() {
  exchange_ = nullptr;
  gone();
}

void Connection::hand_over(Takeover takeover) {
  exchange_ = nullptr;
  takeover_ = std::move(takeover);
  rules_.loop.defer([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->give_away();
  });
}

void Connection::give_away() {
  if (state_ == State::over) return;
  if (input_over_) return gone();
  enter(State::over);
  next_.cancel();
  takeover_({std::move(stream_), parser_.take_rest(), std::move(place_)});
  gone_();
}

}  // namespace http
