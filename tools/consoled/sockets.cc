#include "tools/consoled/sockets.h"

#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/peer/control_name.h"

namespace consoled {

using base::Fd;
using base::Result;

namespace {

Result<void> bind_clients(const Config& config, Sockets& s) {
  const UnixSockets& u = config.sockets;
  s.any_uid = lets_others_in(u);
  std::vector<Fd> passed = net::inherited_sockets();
  if (passed.size() >= 2) {
    s.http = std::move(passed[0]);
    s.control = std::move(passed[1]);
    s.any_uid = true;  // who made them decided who may
    return {};
  }
  if (u.path.empty()) return {};
  const std::string control = peer::control_name(u.path);
  Result<Fd> http = bind_unix(u.path, u.umask);
  if (!http) return http.error();
  s.http = std::move(*http);
  if (!u.path.starts_with('@')) s.http_file = u.path;
  Result<Fd> ctl = bind_unix(control, u.umask);
  if (!ctl) return ctl.error();
  s.control = std::move(*ctl);
  if (!u.path.starts_with('@')) s.control_file = control;
  return {};
}

// Where port 0 was asked for, the one that there is.
std::string with_port(const std::string& address, uint16_t port) {
  return base::cat(address.substr(0, address.rfind(':') + 1), port);
}

}  // namespace

// A dead one with our name was left by a daemon that was killed.
Result<Fd> bind_unix(const std::string& path, unsigned umask) {
  const Result<net::Address> a = net::unix_address(path);
  if (!a) return a.error();
  return net::bind_listen(*a, {.umask = umask, .replace_dead = true});
}

bool lets_others_in(const UnixSockets& sockets) {
  return (sockets.umask & 066) != 066;
}

Result<Sockets::Port> bind_port(const Config& config, const TcpListener& listener) {
  const Result<net::Address> a = net::tcp_address(listener.address);
  Result<Fd> fd = a ? net::bind_listen(*a, {}) : a.error();
  if (!fd) {
    const int line = static_cast<int>(listener.at.line);
    return in(line > 0 ? base::cat(config.file, ":", line) : "port", fd.error());
  }
  Sockets::Port port{std::move(*fd), listener};
  port.listener.address = with_port(listener.address, net::port_of(port.fd.get()));
  return port;
}

Result<Sockets> bind_sockets(const Config& config) {
  Sockets s;
  if (Result<void> r = bind_clients(config, s); !r) {
    if (!s.http_file.empty()) net::remove_socket(s.http_file);
    return r.error();
  }
  for (const TcpListener& l : config.listeners) {
    Result<Sockets::Port> port = bind_port(config, l);
    if (!port) {
      for (const std::string& file : {s.http_file, s.control_file}) {
        if (!file.empty()) net::remove_socket(file);
      }
      return port.error();
    }
    s.ports.push_back(std::move(*port));
  }
  return s;
}

}  // namespace consoled
