#include "lib/net/dialler.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace net {

using base::Fd;
using base::Result;

namespace {
Result<Fd> begin(const Address& a) {
  Fd fd(::socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return base::sys_error(errno, "socket");
  if (!a.is_unix()) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (::connect(fd.get(), a.get(), a.size) < 0 && errno != EINPROGRESS) {
    // EAGAIN: the queue of a unix socket is full, which says that its owner does not accept.
    return base::sys_error(errno == EAGAIN ? ETIMEDOUT : errno, a.text);
  }
  return fd;
}

int outcome(int fd) {
  int sys = 0;
  socklen_t size = sizeof sys;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &size) < 0 ? errno : sys;
}
}  // namespace

Dialler::Dialler(Loop& loop, Address address, base::Time deadline, Done done)
    : loop_(loop), address_(std::move(address)), done_(std::move(done)), timer_(loop, [this] {
        finish(failed_ ? Result<Fd>(*failed_)
                       : Result<Fd>(base::sys_error(ETIMEDOUT, address_.text)));
      }) {
  Result<Fd> fd = begin(address_);
  if (!fd) {
    failed_ = fd.error();
    timer_.at(loop_.now());
    return;
  }
  fd_ = std::move(*fd);
  timer_.at(deadline);
  watch_ = std::make_unique<Watch>(loop_, fd_.get(), [this](unsigned) { writable(); });
  watch_->want(Watch::kWrite);
}

void Dialler::writable() {
  const int sys = outcome(fd_.get());
  if (sys != 0) {
    finish(base::sys_error(sys, address_.text));
  } else {
    finish(std::move(fd_));
  }
}

void Dialler::finish(Result<Fd> result) {
  timer_.cancel();
  if (watch_) watch_->want(Watch::kNothing);
  const Done done = std::move(done_);
  done(std::move(result));
}

Result<Fd> dial(const Address& address, base::Time deadline) {
  Result<Fd> fd = begin(address);
  if (!fd) return fd;
  pollfd p{fd->get(), POLLOUT, 0};
  int n = 0;
  do {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - base::Clock::now());
    n = ::poll(&p, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
  } while (n < 0 && errno == EINTR);
  const int sys = n == 0 ? ETIMEDOUT : n < 0 ? errno : outcome(fd->get());
  if (sys != 0) return base::sys_error(sys, address.text);
  return fd;
}

}  // namespace net
