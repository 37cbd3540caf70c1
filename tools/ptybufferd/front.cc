#include "tools/ptybufferd/front.h"

#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/listener.h"

namespace ptybufferd {

using base::Errc;
using base::error;
using base::Fd;
using base::Result;

namespace {

Result<net::Address> data_address(const Options& o) {
  if (!o.tcp) return net::unix_address(o.socket);
  Result<net::Address> a = net::tcp_address(o.socket);
  if (a && !a->is_local() && !o.no_auth) {
    return error(Errc::denied, o.socket,
                 ": is open to the network, to anybody: use 127.0.0.1 or, if that is meant, "
                 "--auth none");
  }
  return a;
}

Result<void> bind_data(const Options& o, Sockets& s) {
  const Result<net::Address> a = data_address(o);
  if (!a) return a.error();
  // With -c the liveness was asked for already, but the dead file still needs -f, as ever.
  Result<Fd> fd = net::bind_listen(*a, {.umask = o.file_umask, .replace_dead = o.force});
  if (!fd) return fd.error();
  s.data = std::move(*fd);
  if (a->is_path()) s.data_file = o.socket;
  // Abstract names have no mode: there the peer's uid is asked.
  s.data_any_uid = o.tcp || a->is_path() || o.no_auth;
  return {};
}

Result<void> bind_control(const Options& o, Sockets& s) {
  if (!o.control_left_out.empty()) base::log::warn("no control socket: ", o.control_left_out);
  if (o.control.empty()) return {};
  const Result<net::Address> a = net::unix_address(o.control);
  if (!a) return a.error();
  // A dead one beside a name that is ours now was left by a killed daemon.
  Result<Fd> fd = net::bind_listen(*a, {.umask = o.file_umask, .replace_dead = true});
  if (!fd) return in("control socket", fd.error());
  s.control = std::move(*fd);
  if (a->is_path()) s.control_file = o.control;
  s.control_any_uid = a->is_path() || o.no_auth;
  return {};
}

}  // namespace

Result<Sockets> bind_sockets(const Options& o) {
  Sockets s;
  std::vector<Fd> passed = net::inherited_sockets();
  if (!passed.empty()) {
    s.data = std::move(passed[0]);
    if (passed.size() > 1) s.control = std::move(passed[1]);
    return s;
  }
  if (o.socket != "-") {
    if (Result<void> r = bind_data(o, s); !r) return r.error();
  }
  if (Result<void> r = bind_control(o, s); !r) {
    s.data.reset();
    if (!s.data_file.empty()) net::remove_socket(s.data_file);
    return r.error();
  }
  return s;
}

}  // namespace ptybufferd
