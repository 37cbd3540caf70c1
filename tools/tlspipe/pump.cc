#include "tools/tlspipe/pump.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tlspipe {

using base::Result;
using tls::Step;

namespace {

struct stat status_of(int fd) {
  struct stat st {};
  ::fstat(fd, &st);
  return st;
}

bool is_one_socket(int a, int b) {
  const struct stat x = status_of(a);
  const struct stat y = status_of(b);
  return S_ISSOCK(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool later(int sys) {
  return sys == EAGAIN || sys == EWOULDBLOCK || sys == EINTR;
}

// Whoever had the other end has gone.
bool hung_up(int sys) {
  return sys == EPIPE || sys == ECONNRESET;
}

ssize_t take(const Local& l, std::span<char> room) {
  if (l.socket) return ::recv(l.fd, room.data(), room.size(), MSG_DONTWAIT);
  return ::read(l.fd, room.data(), room.size());
}

ssize_t give(const Local& l, std::string_view bytes) {
  if (l.socket) return ::send(l.fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  // A pipe that is ready takes so much at once, see pipe(7).
  return ::write(l.fd, bytes.data(), std::min<size_t>(bytes.size(), PIPE_BUF));
}

short event_of(Step step) {
  return step == Step::write ? POLLOUT : step == Step::read ? POLLIN : 0;
}

}  // namespace

// A socket may be tried without asking first, anything else would make us wait.
Local::Local(int descriptor)
    : fd(descriptor), socket(S_ISSOCK(status_of(descriptor).st_mode)), ready(socket) {}

Pump::Pump(tls::Session session, int in, int out)
    : session_(std::move(session)), in_(in), out_(out), same_(is_one_socket(in, out)) {}

Result<void> Pump::run() {
  while (!over()) {
    const Result<bool> did = turn();
    if (!did) return did.error();
    if (*did || over()) continue;
    if (Result<void> r = wait(); !r) return r;
  }
  if (send_failed_) return *send_failed_;
  if (!said_goodbye_) static_cast<void>(static_cast<bool>(session_.shut()));
  return {};
}

// What was read from stdin is always sent. That nobody reads stdout ends the rest at once, unless
// stdin is the same socket: there may be last words in it.
bool Pump::over() const {
  if (peer_over_ && down_.empty()) return true;
  return out_gone_ && up_.empty() && (in_over_ ? said_goodbye_ : !same_);
}

Result<bool> Pump::turn() {
  bool did = false;
  for (const auto part :
       {&Pump::give_out, &Pump::receive, &Pump::send, &Pump::take_in, &Pump::goodbye}) {
    const Result<bool> r = (this->*part)();
    if (!r) return r;
    did = did || *r;
  }
  return did;
}

Result<bool> Pump::take_in() {
  if (!up_.empty() || in_over_ || !in_.ready) return false;
  const ssize_t n = take(in_, up_.room());
  const int sys = errno;
  in_.ready = in_.socket && n == static_cast<ssize_t>(Buffer::kSize);  // else it was all there is
  if (n > 0) {
    up_.filled(static_cast<size_t>(n));
  } else if (n == 0 || hung_up(sys)) {
    in_over_ = true;
  } else if (!later(sys)) {
    return base::sys_error(sys, "stdin");
  }
  return n > 0 || in_over_;
}

Result<bool> Pump::send() {
  if (up_.empty() || up_waits_ != 0) return false;
  size_t n = 0;
  const Result<Step> step = session_.write(up_.bytes(), n);
  if (!step) {
    give_up_sending(step.error());
    return true;
  }
  up_.taken(n);
  up_waits_ = event_of(*step);
  return n > 0;
}

// A peer that refuses us says why before it hangs up, and what it said may lie unread while our
// writing fails already.
void Pump::give_up_sending(base::Error why) {
  send_failed_ = std::move(why);
  up_.filled(0);
  in_over_ = said_goodbye_ = true;
}

Result<bool> Pump::goodbye() {
  if (!in_over_ || !up_.empty() || said_goodbye_ || up_waits_ != 0) return false;
  const Result<Step> step = session_.shut();
  if (!step) {
    give_up_sending(step.error());
    return true;
  }
  up_waits_ = event_of(*step);
  said_goodbye_ = *step == Step::done;
  return said_goodbye_;
}

Result<bool> Pump::receive() {
  if (!down_.empty() || peer_over_ || down_waits_ != 0) return false;
  size_t n = 0;
  const Result<Step> step = session_.read(down_.room(), n);
  if (!step) return send_failed_ && step.error().sys != 0 ? *send_failed_ : step.error();
  if (!out_gone_) down_.filled(n);
  down_waits_ = event_of(*step);
  peer_over_ = *step == Step::ended;
  return n > 0 || peer_over_;
}

Result<bool> Pump::give_out() {
  if (down_.empty() || !out_.ready) return false;
  const ssize_t n = give(out_, down_.bytes());
  const int sys = errno;
  out_.ready = out_.socket && n > 0;
  if (n >= 0) {
    down_.taken(static_cast<size_t>(n));
  } else if (hung_up(sys)) {
    out_gone_ = true;
    down_.filled(0);
  } else if (!later(sys)) {
    return base::sys_error(sys, "stdout");
  }
  return n > 0 || out_gone_;
}

// The one place that knows what is waited for. A descriptor that nothing is wanted of is left out,
// for its end would be reported again and again; except that of a stdout whose reader may have gone
// while only the peer's answer is waited for.
Result<void> Pump::wait() {
  const bool sending = !up_.empty() || (in_over_ && !said_goodbye_);
  const bool receiving = down_.empty() && !peer_over_;
  const short in = up_.empty() && !in_over_ ? POLLIN : 0;
  const short out = down_.empty() ? 0 : POLLOUT;
  const auto net = static_cast<short>((sending ? up_waits_ : 0) | (receiving ? down_waits_ : 0));
  const bool watch_out = out != 0 || (in_over_ && !out_gone_);
  std::array<pollfd, 3> p{{{in != 0 ? in_.fd : -1, in, 0},
                           {watch_out ? out_.fd : -1, out, 0},
                           {net != 0 ? session_.fd() : -1, net, 0}}};
  if (::poll(p.data(), p.size(), -1) < 0 && errno != EINTR) return base::sys_error(errno, "poll");
  if (p[0].revents != 0) in_.ready = true;
  if (p[1].revents != 0 && out != 0) out_.ready = true;
  if (p[1].revents != 0 && out == 0) out_gone_ = true;
  if (p[2].revents != 0) up_waits_ = down_waits_ = 0;
  return {};
}

}  // namespace tlspipe
