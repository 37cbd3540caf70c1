#include "tools/conctl/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "lib/base/args.h"
#include "lib/base/paths.h"
#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/net/resolve.h"

namespace conctl {

using base::Fd;
using base::Result;

namespace {

constexpr size_t kReadAtOnce = size_t{64} * 1024;
constexpr int kKeepaliveSeconds = 30;  // as congo's
constexpr int64_t kMaxPort = 65535;

// Waits until the descriptor is ready for `events`, or the reader of ours has gone.
Result<void> wait_for(int fd, short events, base::Time deadline, int reader = -1) {
  constexpr int64_t kLongestMs = 3600'000;
  for (;;) {
    const base::Time now = base::Clock::now();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now).count();
    std::array<pollfd, 2> all{{{fd, events, 0}, {reader, 0, 0}}};
    const int n =
        ::poll(all.data(), all.size(), static_cast<int>(std::clamp<int64_t>(left, 0, kLongestMs)));
    if (n > 0 && all[0].revents == 0) {
      ::raise(SIGPIPE);  // as if we had written
      return base::error(base::Errc::closed, "nobody reads this");
    }
    if (n > 0) return {};
    if (n == 0 && now >= deadline) return base::sys_error(ETIMEDOUT, "no answer");
    if (n < 0 && errno != EINTR) return base::sys_error(errno, "poll");
  }
}

// A server that is gone without a word is noticed.
void keep_alive(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  for (const int option : {TCP_KEEPIDLE, TCP_KEEPINTVL}) {
    ::setsockopt(fd, IPPROTO_TCP, option, &kKeepaliveSeconds, sizeof kKeepaliveSeconds);
  }
}

// All addresses of a name are tried, each with its share of the time.
Result<Fd> dial_name(const std::string& host, const std::string& port, base::Time deadline) {
  const Result<int64_t> number = base::parse_number(port, 1, kMaxPort);
  if (!number) return base::in("port", number.error());
  const auto addresses = net::lookup(host, static_cast<uint16_t>(*number));
  if (!addresses) return unreachable(addresses.error());
  base::Error last = base::error(base::Errc::not_found, host, ": no address");
  size_t left = addresses->size();
  for (const net::Address& a : *addresses) {
    const base::Time now = base::Clock::now();
    Result<Fd> fd = net::dial(a, now + (deadline - now) / static_cast<int>(left--));
    if (fd) return fd;
    last = fd.error();
  }
  return unreachable(last);
}

// TLS is spoken by a process of its own, so that starting conctl costs no OpenSSL.
std::vector<std::string> tlspipe_line(const std::string& host, const std::string& port,
                                      const TlsFiles& files, const std::string& name,
                                      base::Duration patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count() + 1;
  std::vector<std::string> argv = {base::paths::libexec() + "/tlspipe", "--timeout",
                                   std::to_string(seconds)};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) argv.insert(argv.end(), {option, value});
  };
  add("--ca", files.ca);
  add("--cert", files.cert);
  add("--key", files.key);
  add("--name", name);
  argv.insert(argv.end(), {"--", host, port});
  return argv;
}

}  // namespace

base::Error unreachable(base::Error error) {
  if (error.code == base::Errc::not_found) error.code = base::Errc::io;
  return error;
}

Result<std::unique_ptr<Link>> Link::open_unix(const std::string& path, base::Time deadline) {
  const Result<net::Address> address = net::unix_address(path);
  if (!address) return address.error();
  Result<Fd> fd = net::dial(*address, deadline);
  if (!fd) return unreachable(fd.error());
  auto link = std::make_unique<Link>();
  link->fd_ = std::move(*fd);
  return link;
}

Result<std::unique_ptr<Link>> Link::open_tcp(const std::string& host, const std::string& port,
                                             bool tls, const TlsFiles& files,
                                             const std::string& name, base::Time deadline) {
  auto link = std::make_unique<Link>();
  if (!tls) {
    Result<Fd> fd = dial_name(host, port, deadline);
    if (!fd) return fd.error();
    keep_alive(fd->get());
    link->fd_ = std::move(*fd);
    return link;
  }
  if (files.insecure) {
    return base::error(base::Errc::usage,
                       "CONGO_SSL_INSECURE: servers are always verified here: unset it, and name "
                       "the authority in CONGO_SSL_CA_CERT");
  }
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0) {
    return base::sys_error(errno, "socketpair");
  }
  link->fd_ = Fd(ends[0]);
  const Fd theirs(ends[1]);
  base::set_nonblocking(link->fd_.get(), true);
  net::Command command;
  command.argv = tlspipe_line(host, port, files, name, deadline - base::Clock::now());
  command.environment = net::environment();
  command.in = command.out = theirs.get();
  command.group = true;  // the keys of our terminal are not for it
  link->loop_ = std::make_unique<net::Loop>();
  auto child = net::Child::start(*link->loop_, command, [](int) {});
  if (!child) return child.error();
  link->tlspipe_ = std::move(*child);
  return link;
}

Result<void> Link::send(std::string_view bytes, base::Time deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EPIPE) {
      return {};  // who was turned away has an answer to read
    } else if (errno != EAGAIN && errno != EINTR) {
      return base::sys_error(errno, "send");
    } else if (Result<void> r = wait_for(fd_.get(), POLLOUT, deadline); !r) {
      return r;
    }
  }
  return {};
}

Result<std::string_view> Link::read(base::Time deadline) {
  buffer_.resize(kReadAtOnce);
  for (;;) {
    if (Result<void> r = wait_for(fd_.get(), POLLIN, deadline, reader_); !r) return r.error();
    const ssize_t n = ::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n >= 0) return std::string_view(buffer_).substr(0, static_cast<size_t>(n));
    if (errno != EAGAIN && errno != EINTR) return base::sys_error(errno, "read");
  }
}

}  // namespace conctl
