#include "lib/redis/client.h"

#include <utility>

#include "lib/base/check.h"

namespace redis {

using base::Errc;
using base::Error;
using base::Fd;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr auto kConnectPatience = seconds(5);
constexpr auto kLoginPatience = seconds(5);
constexpr auto kLoadingCheck = milliseconds(200);

// A server that knows no AUTH, or was given it under another name, quotes what it was sent.
std::string without_secrets(std::string text, const std::string& password) {
  const size_t quoted = text.find(", with args");
  if (quoted != std::string::npos) text.resize(quoted);
  if (password.empty()) return text;
  for (size_t at = 0; (at = text.find(password, at)) != std::string::npos; at += 3) {
    text.replace(at, password.size(), "***");
  }
  return text;
}

// Answers of a server that is well, but not yet able to serve.
bool not_yet(const Reply& answer) {
  return answer.error_word() == "LOADING" || answer.error_word() == "BUSY";
}

// A user who may not PING is logged in as well, and a server that cannot save can be read.
bool logged_in(const Reply& answer) {
  return answer.error_word() == "NOPERM" || answer.error_word() == "MISCONF";
}

}  // namespace

Client::Client(net::Loop& loop, Connect connect, Login login, Events events)
    : loop_(loop),
      connect_(std::move(connect)),
      login_(std::move(login)),
      events_(std::move(events)),
      timer_(loop, [this] { time_is_up(); }),
      refusal_(loop, [this] { tell_refused(); }) {
  timer_.at(loop_.now());  // not from here: its user is not yet built
}

Client::~Client() = default;

void Client::time_is_up() {
  switch (state_) {
    case State::waiting:
      return connect();
    case State::loading:
      return look();
    case State::login:
      return lose(base::error(Errc::timeout, "no answer to the login"));
    case State::connecting:  // the Connect keeps its own time
    case State::ready:
      break;
  }
}

// ---- From nothing to ready

void Client::connect() {
  state_ = State::connecting;
  connect_(loop_, loop_.now() + kConnectPatience,
           [this, here = std::weak_ptr<bool>(here_)](Result<Fd> fd) {
             if (here.expired()) return;
             if (fd) {
               connected(std::move(*fd));
             } else {
               lose(fd.error());
             }
           });
}

void Client::connected(Fd fd) {
  reader_.emplace();
  stream_ = std::make_unique<net::Stream>(
      loop_, std::move(fd),
      net::Stream::Events{
          [this](std::string_view bytes) { data(bytes); },
          [this](std::optional<Error> why) {
            lose(why ? *why : base::error(Errc::closed, "the server closed the connection"));
          },
          [this] {
            if (ready() && events_.low_water) events_.low_water();
          }});
  if (login_.at_once && login_.empty() && connections_ == 0) return become_ready();
  state_ = State::login;
  timer_.after(kLoginPatience);
  log_in();
}

void Client::log_in() {
  const Done check = [this](const Result<Reply>& answer) {
    if (!answer || !answer->is_error()) return;
    const std::string why = without_secrets(answer->text, login_.password);
    lose(base::error(Errc::denied, "login refused: ", why));
  };
  if (!login_.user.empty()) {
    send({"AUTH", login_.user, login_.password}, check);
  } else if (!login_.password.empty()) {
    send({"AUTH", login_.password}, check);
  }
  if (login_.database != 0) send({"SELECT", std::to_string(login_.database)}, check);
  look();
}

// Whether it serves: while a server loads its data it takes AUTH and SELECT, and not much else.
void Client::look() {
  state_ = State::login;
  timer_.after(kLoginPatience);
  send({"PING"}, [this](const Result<Reply>& answer) {
    if (answer) looked(*answer);
  });
}

void Client::looked(const Reply& answer) {
  if (not_yet(answer)) {
    state_ = State::loading;
    timer_.after(kLoadingCheck);
    if (events_.lost && !std::exchange(told_loading_, true)) {
      events_.lost(base::error(Errc::busy, answer.text));
    }
  } else if (answer.is_error() && !logged_in(answer)) {
    const bool denied = answer.error_word() == "NOAUTH";
    lose(base::error(denied ? Errc::denied : Errc::io, "login refused: ", answer.text));
  } else {
    if (!answer.is_error()) backoff_.reset();
    become_ready();
  }
}

void Client::become_ready() {
  state_ = State::ready;
  timer_.cancel();
  connections_++;
  if (events_.ready) events_.ready();
}

// ---- Commands and answers

bool Client::full() const {
  return stream_ != nullptr && stream_->full();
}

void Client::command(const std::vector<std::string_view>& argv, Done done) {
  CHECK(!argv.empty());
  if (ready()) return send(argv, std::move(done));
  refused_.push_back(std::move(done));
  refusal_.at(loop_.now());
}

void Client::tell_refused() {
  for (const Done& done : std::exchange(refused_, {})) {
    if (done) done(base::error(Errc::not_found, "not connected to Redis"));
  }
}

void Client::send(const std::vector<std::string_view>& argv, Done done) {
  line_.clear();
  append_command(line_, argv);
  waiting_.push_back(std::move(done));
  stream_->send(line_);
}

void Client::data(std::string_view bytes) {
  reader_->feed(bytes);
  while (stream_) {  // an answer may make it lose the connection
    Result<std::optional<Reply>> next = reader_->next();
    if (!next) return lose(next.error());
    if (!*next) return;
    answered(std::move(**next));
  }
}

// "message", the channel, and what it says: no command of who subscribes is answered so.
bool Client::is_pushed(const Reply& reply) const {
  return events_.pushed && reply.items.size() == 3 && reply.items[0].text == "message";
}

void Client::answered(Reply reply) {
  if (is_pushed(reply)) return events_.pushed(reply.items[2].text);
  if (waiting_.empty()) return lose(base::error(Errc::bad_input, "an answer to no question"));
  const Done done = std::move(waiting_.front());
  waiting_.pop_front();
  if (ready() && !reply.is_error()) backoff_.reset();
  if (done) done(std::move(reply));
}

// ---- The end of a connection

// It may be one of the stream's own callbacks that brought us here.
void Client::retire_stream() {
  if (!stream_) return;
  std::shared_ptr<net::Stream> old(std::move(stream_));
  old->release();  // closes the descriptor, and nothing is called any more
  loop_.defer([old] {});
}

void Client::lose(const Error& why) {
  const Error told = why;  // it may be in what is about to go
  retire_stream();
  state_ = State::waiting;
  told_loading_ = false;
  timer_.after(backoff_.next());
  for (const Done& done : std::exchange(waiting_, {})) {
    if (done) done(Error{Errc::closed, told.sys, told.what});
  }
  if (events_.lost) events_.lost(told);
}

}  // namespace redis
