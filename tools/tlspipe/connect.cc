#include "tools/tlspipe/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <vector>

#include "lib/base/args.h"
#include "lib/net/dialler.h"
#include "lib/net/resolve.h"

namespace tlspipe {

using base::Errc;
using base::Fd;
using base::Result;

namespace {

// A peer that is gone without a word (power, a cut cable) is noticed after a minute.
constexpr int kIdleSeconds = 30;
constexpr int kBetweenSeconds = 10;
constexpr int kTries = 3;

std::chrono::microseconds left(base::Time deadline) {
  using std::chrono::microseconds;
  const auto time = std::chrono::duration_cast<microseconds>(deadline - base::Clock::now());
  return std::max(time, microseconds(1));
}

void lookup_timed_out(int /*signal*/) noexcept {
  constexpr std::string_view kWhy = "tlspipe: name lookup: timed out\n";
  static_cast<void>(::write(STDERR_FILENO, kWhy.data(), kWhy.size()) < 0);
  ::_exit(base::kExitTimeout);
}

// getaddrinfo takes no deadline, and nothing that was asked of it needs tidying up.
Result<std::vector<net::Address>> lookup(const Options& o, base::Time deadline) {
  const auto us = left(deadline).count();
  constexpr int64_t kMicro = 1000000;
  itimerval alarm{};
  alarm.it_value.tv_sec = us / kMicro;
  alarm.it_value.tv_usec = us % kMicro;
  ::signal(SIGALRM, lookup_timed_out);
  ::setitimer(ITIMER_REAL, &alarm, nullptr);
  Result<std::vector<net::Address>> found = net::lookup(o.host, o.port);
  alarm.it_value = {};
  ::setitimer(ITIMER_REAL, &alarm, nullptr);
  return found;
}

void keep_alive(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds, sizeof kIdleSeconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kBetweenSeconds, sizeof kBetweenSeconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kTries, sizeof kTries);
}

// Each address has its share of the time that is left, so that a silent one leaves some.
Result<Fd> dial(const std::vector<net::Address>& addresses, base::Time deadline) {
  Result<Fd> fd = base::error(Errc::not_found, "no address");
  for (size_t i = 0; i < addresses.size() && !fd; i++) {
    const base::Time now = base::Clock::now();
    const auto share = static_cast<base::Duration::rep>(addresses.size() - i);
    fd = net::dial(addresses[i], now + (deadline - now) / share);
  }
  if (fd) keep_alive(fd->get());
  return fd;
}

Result<void> wait_for(int fd, tls::Step step, base::Time deadline) {
  pollfd p{fd, static_cast<short>(step == tls::Step::write ? POLLOUT : POLLIN), 0};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left(deadline));
  const int n = ::poll(&p, 1, static_cast<int>(ms.count()));
  if (n < 0 && errno != EINTR) return base::sys_error(errno, "poll");
  if (base::Clock::now() < deadline) return {};
  return base::error(Errc::timeout, "timed out (does the peer speak TLS?)");
}

Result<void> shake_hands(tls::Session& session, base::Time deadline) {
  for (;;) {
    const Result<tls::Step> step = session.handshake();
    if (!step) return step.error();
    if (*step == tls::Step::done) return {};
    if (*step == tls::Step::ended) return base::error(Errc::closed, "the peer hung up");
    if (Result<void> r = wait_for(session.fd(), *step, deadline); !r) return r;
  }
}

}  // namespace

Result<tls::Session> connect(const Options& o, const tls::Context& context, base::Time deadline) {
  const std::string where = base::cat(o.host, ":", o.port);
  const Result<std::vector<net::Address>> found = lookup(o, deadline);
  if (!found) return found.error();
  Result<Fd> fd = dial(*found, deadline);
  if (!fd) return net::numeric_address(o.host, o.port) ? fd.error() : base::in(where, fd.error());
  Result<tls::Session> session = tls::Session::client(context, std::move(*fd), o.name);
  if (!session) return base::in(where, session.error());
  const Result<void> r = shake_hands(*session, deadline);
  if (!r) return base::in(where, base::in("TLS handshake", r.error()));
  return session;
}

}  // namespace tlspipe
