#include "lib/ssh/tunnel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace ssh {

using base::Errc;
using base::Result;

namespace {
constexpr size_t kPiece = 32 * 1024;
constexpr size_t kMostPerTurn = 64 * 1024;
}  // namespace

Tunnel::Tunnel(net::Loop& loop, Session& jump, std::string host, uint16_t port, Events events)
    : loop_(loop),
      jump_(jump),
      host_(std::move(host)),
      port_(port),
      events_(std::move(events)),
      channel_(jump) {
  jump_.look_again();
}

void Tunnel::activity() {
  if (over_) return;
  if (!ours_) return open();
  if (in_.empty()) inward();
  if (!over_ && !out_.empty()) outward();
  interest();
}

void Tunnel::open() {
  const Result<bool> r = channel_.open_forward(host_, port_);
  if (!r) return end(r.error());
  if (!*r) return;
  Result<base::SocketPair> pair = base::make_socket_pair();
  if (!pair) return end(pair.error());
  ours_ = std::move(pair->one);
  jump_.settled();
  watch_ = std::make_unique<net::Watch>(loop_, ours_.get(), [this](unsigned what) { ready(what); });
  interest();
  events_.open(std::move(pair->other));
}

void Tunnel::interest() {
  if (!watch_) return;
  unsigned want = net::Watch::kNothing;
  if (!over_ && out_.empty()) want |= net::Watch::kRead;
  if (!over_ && !in_.empty()) want |= net::Watch::kWrite;
  watch_->want(want);
  jump_.hold(!over_ && !in_.empty());
}

void Tunnel::ready(unsigned what) {
  if ((what & net::Watch::kWrite) != 0) {
    flush();
    if (in_.empty()) jump_.look_again();
  }
  if ((what & net::Watch::kRead) != 0 && out_.empty()) {
    out_.resize(kPiece);
    const ssize_t n = ::read(ours_.get(), out_.data(), out_.size());
    out_.resize(n > 0 ? static_cast<size_t>(n) : 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
      return end(base::error(Errc::closed, "closed on this side"));
    }
    outward();
  }
  interest();
}

void Tunnel::flush() {
  const ssize_t n = ::send(ours_.get(), in_.data(), in_.size(), MSG_NOSIGNAL);
  if (n > 0) in_.erase(0, static_cast<size_t>(n));
}

void Tunnel::inward() {
  for (size_t got = 0; in_.empty() && got < kMostPerTurn;) {
    in_.resize(kPiece);
    const Result<size_t> n = channel_.read({in_.data(), in_.size()});
    in_.resize(n ? *n : 0);
    if (!n) return end(n.error());
    if (*n == 0) return;
    got += *n;
    flush();
    // What libssh holds is not announced by the descriptor.
    if (got >= kMostPerTurn) jump_.look_again();
  }
}

void Tunnel::outward() {
  out_.erase(0, channel_.write(out_));
}

void Tunnel::end(base::Error why) {
  over_ = true;
  interest();
  ours_.reset();
  events_.ended(std::move(why));
}

}  // namespace ssh
