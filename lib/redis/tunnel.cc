#include "lib/redis/tunnel.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/args.h"
#include "lib/base/paths.h"

namespace redis {

using base::Errc;
using base::Fd;
using base::Result;
using std::chrono::milliseconds;

namespace {

constexpr size_t kMaxWords = 4096;
constexpr size_t kMaxAnswer = 4096;
// tlspipe's own patience ends that much before ours, so that its reason is told.
constexpr auto kHeadStart = milliseconds(250);
constexpr auto kLeast = milliseconds(100);

std::string seconds_text(base::Duration time) {
  const auto ms = std::max(kLeast, std::chrono::duration_cast<milliseconds>(time)).count();
  const std::string digits = std::to_string(1000 + ms % 1000);
  return base::cat(ms / 1000, ".", digits.substr(1));
}

std::vector<std::string> arguments(const Target& t, base::Duration patience) {
  std::vector<std::string> argv = {base::paths::libexec() + "/tlspipe", "--timeout",
                                   seconds_text(patience)};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) argv.insert(argv.end(), {option, value});
  };
  add("--ca", t.ca);
  add("--cert", t.cert);
  add("--key", t.key);
  argv.insert(argv.end(), {"--", t.host, std::to_string(t.port)});
  return argv;
}

}  // namespace

Tunnel::Tunnel(net::Loop& loop, const Target& target, base::Time deadline, Done done)
    : loop_(loop),
      text_(target.text),
      done_(std::move(done)),
      started_(start(target, deadline - loop.now() - kHeadStart)),
      timer_(loop, [this] {
        finish(base::in(text_, started_ ? base::sys_error(ETIMEDOUT, "TLS") : started_.error()));
      }) {
  timer_.at(started_ ? deadline : loop.now());
}

Tunnel::~Tunnel() {
  if (child_) child_->end();  // nobody else will collect it
}

Result<void> Tunnel::start(const Target& target, base::Duration patience) {
  Result<base::SocketPair> pair = base::make_socket_pair();
  if (!pair) return pair.error();
  socket_ = std::move(pair->one);
  const Fd theirs = std::move(pair->other);
  base::set_nonblocking(theirs.get(), false);  // as a program expects
  Result<base::Pipe> pipe = base::make_pipe();
  if (!pipe) return pipe.error();
  net::Command command;
  command.argv = arguments(target, patience);
  command.environment = net::environment();
  command.in = command.out = theirs.get();
  command.err = pipe->write.get();
  command.group = true;  // the keys of our terminal are not for it
  Result<std::unique_ptr<net::Child>> child =
      net::Child::start(loop_, command, [this](int status) { exited(status); });
  if (!child) return child.error();
  child_ = std::move(*child);
  errors_ = std::move(pipe->read);
  base::set_nonblocking(errors_.get(), true);
  words_watch_ =
      std::make_unique<net::Watch>(loop_, errors_.get(), [this](unsigned) { read_words(); });
  words_watch_->want(net::Watch::kRead);
  answer_watch_ =
      std::make_unique<net::Watch>(loop_, socket_.get(), [this](unsigned) { answered(); });
  answer_watch_->want(net::Watch::kRead);
  constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";
  ::send(socket_.get(), kPing.data(), kPing.size(), MSG_NOSIGNAL);
  return {};
}

// One line, whatever it says; nothing comes behind it, for nothing else was asked.
void Tunnel::answered() {
  std::array<char, 512> buf{};
  const ssize_t n = ::recv(socket_.get(), buf.data(), buf.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return answer_watch_->want(net::Watch::kNothing);  // tlspipe ends, and says why
  answer_.append(buf.data(), static_cast<size_t>(n));
  const bool sign = answer_[0] == '+' || answer_[0] == '-';
  if (sign && answer_.ends_with("\r\n")) return finish(std::move(socket_));
  if (sign && answer_.size() < kMaxAnswer) return;
  finish(base::error(Errc::bad_input, text_, ": speaks TLS, but is no Redis"));
}

// Also when it is connected: a tlspipe that nobody listens to would have to wait.
void Tunnel::read_words() {
  std::array<char, 512> buf{};
  ssize_t n = 0;
  while ((n = ::read(errors_.get(), buf.data(), buf.size())) > 0) {
    words_.append(buf.data(), static_cast<size_t>(n));
    if (words_.size() > kMaxWords) words_.erase(0, words_.size() - kMaxWords);
  }
  if (n == 0) words_watch_->want(net::Watch::kNothing);
}

void Tunnel::exited(int status) {
  if (!done_) return;
  read_words();
  const std::string why = net::last_line(words_, "tlspipe");
  const bool late = net::exit_code(status) == base::kExitTimeout;
  finish(
      base::error(late ? Errc::timeout : Errc::io,
                  why.empty() ? base::cat(text_, ": tlspipe: ", net::status_text(status)) : why));
}

void Tunnel::finish(Result<Fd> result) {
  if (!done_) return;
  timer_.cancel();
  if (answer_watch_) answer_watch_->want(net::Watch::kNothing);
  const Done done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace redis
