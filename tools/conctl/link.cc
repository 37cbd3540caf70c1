// Link: how the server is reached.
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "lib/base/paths.h"
#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "tools/conctl/server.h"

namespace conctl {

using base::Fd;
using base::Result;

namespace {

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

Result<std::unique_ptr<Link>> Link::open_unix(const std::string& path, base::Time deadline) {
  const Result<net::Address> address = net::unix_address(path);
  if (!address) return address.error();
  Result<Fd> fd = net::dial(*address, deadline);
  if (!fd) return fd.error();
  auto link = std::make_unique<Link>();
  link->fd_ = std::move(*fd);
  return link;
}

Result<std::unique_ptr<Link>> Link::open_tcp(const std::string& host, const std::string& port,
                                             bool tls, const TlsFiles& files,
                                             const std::string& name, base::Time deadline) {
  auto link = std::make_unique<Link>();
  if (!tls) {
    const bool v6 = host.find(':') != std::string::npos;
    const Result<net::Address> address =
        net::tcp_address(v6 ? base::cat("[", host, "]:", port) : base::cat(host, ":", port));
    if (!address) return address.error();
    Result<Fd> fd = net::dial(*address, deadline);
    if (!fd) return fd.error();
    link->fd_ = std::move(*fd);
    return link;
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

}  // namespace conctl
