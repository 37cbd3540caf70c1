#include "lib/http/client.h"

#include "lib/base/check.h"

namespace http {

using base::Errc;
using base::Error;
using base::Result;

Client::Client(net::Loop& loop, std::unique_ptr<net::Stream> stream, std::string host)
    : loop_(loop),
      host_(std::move(host)),
      deadline_(loop, [this] { finish(base::error(Errc::timeout, "no answer in time")); }),
      stream_(std::move(stream)) {
  stream_->set_events({
      .data = [this](std::string_view bytes) { data(bytes); },
      .end = [this](std::optional<Error> e) { ended(std::move(e)); },
      .low_water = nullptr,
  });
}

void Client::ask(const Question& q, base::Time deadline, Done done, Piece piece) {
  CHECK(!done_);
  done_ = std::move(done);
  piece_ = std::move(piece);
  deadline_.at(deadline);
  if (!usable_) {
    // `done` is never called from here.
    deadline_.cancel();
    return loop_.defer([done = std::exchange(done_, nullptr)] {
      done(base::error(Errc::closed, "the connection is closed"));
    });
  }
  parser_ = std::make_unique<AnswerParser>(q.max_body, q.method == "HEAD");
  std::string head = base::cat(q.method, " ", q.target, " HTTP/1.1\r\nHost: ", host_, "\r\n");
  for (const Fields::Field& f : q.fields) head += base::cat(f.name, ": ", f.value, "\r\n");
  if (!q.body.empty() || q.method == "POST" || q.method == "PUT") {
    head += base::cat("Content-Length: ", q.body.size(), "\r\n");
  }
  stream_->send(head + "\r\n" + q.body);
}

void Client::data(std::string_view bytes) {
  if (!done_) {
    usable_ = false;  // nothing was asked
    return;
  }
  parser_->feed(bytes);
  read();
}

void Client::read() {
  Step step = parser_->step();
  if (step == Step::head) step = parser_->step();
  if (step == Step::refused) return finish(base::error(Errc::bad_input, parser_->problem()));
  if (piece_) hand_on();
  if (step == Step::done) finish(std::move(parser_->answer()));
}

void Client::hand_on() {
  const std::string bytes = parser_->take_body();
  if (!bytes.empty()) piece_(parser_->answer(), bytes);
}

void Client::ended(std::optional<Error> error) {
  usable_ = false;
  if (!done_) return;
  if (error) return finish(std::move(*error));
  parser_->finish();
  read();
  if (done_) finish(base::error(Errc::closed, "the connection was closed without an answer"));
}

void Client::finish(Result<Answer> result) {
  deadline_.cancel();
  usable_ = usable_ && result && result->keep_alive && parser_->buffered() == 0;
  const Done done = std::exchange(done_, nullptr);
  if (done) done(std::move(result));
}

}  // namespace http
