#include "lib/http/exchange.h"

#include "lib/base/check.h"
#include "lib/http/connection.h"

namespace http {

namespace {
bool has_no_body(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}
}  // namespace

Exchange::Exchange(Connection* connection, Request request)
    : connection_(connection),
      request_(std::move(request)),
      peer_(connection->peer_),
      user_(connection->stream_->peer()) {}

Exchange::~Exchange() {
  if (connection_ == nullptr) return;
  if (state_ == State::open) {
    respond(error_response(500, "internal", "the request was not answered"));
  } else {
    connection_->cut();
  }
}

int Exchange::fd() const {
  return connection_ == nullptr ? -1 : connection_->stream_->fd();
}

void Exchange::respond(const Response& r) {
  CHECK(state_ == State::open);
  state_ = State::done;
  if (connection_ == nullptr) return;
  Framing framing;
  if (!has_no_body(r.status)) framing = {Framing::Kind::length, r.body.size()};
  connection_->send_head(r, framing, request_);
  if (framing.length > 0 && !head_only()) connection_->send(r.body);
  std::exchange(connection_, nullptr)->answered();
}

void Exchange::begin(const Response& head) {
  CHECK(state_ == State::open && !has_no_body(head.status));
  state_ = State::begun;
  if (connection_ == nullptr) return;
  chunked_ = request_.version >= 11;
  connection_->send_head(head, {chunked_ ? Framing::Kind::chunked : Framing::Kind::until_close, 0},
                         request_);
  write(head.body);
}

void Exchange::write(std::string_view bytes) {
  CHECK(state_ == State::begun);
  if (connection_ == nullptr || bytes.empty() || head_only()) return;
  connection_->send(chunked_ ? chunk_text(bytes) : bytes);
}

void Exchange::be_patient(base::Duration stall) {
  if (connection_ != nullptr) connection_->stall_ = stall;
}

bool Exchange::full() const {
  return connection_ != nullptr && connection_->stream_->full();
}

void Exchange::end() {
  CHECK(state_ == State::begun);
  state_ = State::done;
  if (connection_ == nullptr) return;
  if (chunked_ && !head_only()) connection_->send(chunk_text({}));
  std::exchange(connection_, nullptr)->answered();
}

void Exchange::upgrade(const Fields& fields, Takeover takeover) {
  CHECK(state_ == State::open);
  state_ = State::done;
  if (connection_ == nullptr) return;
  connection_->send_head({101, fields, {}}, {}, request_);
  std::exchange(connection_, nullptr)->hand_over(std::move(takeover));
}

// The last pointer to this may go within the callback.
void Exchange::connection_gone() {
  connection_ = nullptr;
  room_ = nullptr;
  const std::function<void()> gone = std::exchange(gone_, nullptr);
  if (gone) gone();
}

}  // namespace http
