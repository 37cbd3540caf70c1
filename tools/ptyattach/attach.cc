#include "tools/ptyattach/attach.h"

#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/peer/control_name.h"
#include "tools/ptyattach/ask.h"

namespace ptyattach {

using base::Errc;
using base::Result;
using wire::Json;

namespace {

constexpr auto kPatience = std::chrono::seconds(10);

Result<base::Fd> connect_to(const std::string& name) {
  const bool tcp =
      name[0] != '@' && name.find('/') == std::string::npos && name.find(':') != std::string::npos;
  const Result<net::Address> address = tcp ? net::tcp_address(name) : net::unix_address(name);
  if (!address) return address.error();
  return net::dial(*address, base::Clock::now() + kPatience);
}

base::Error explain(const Found& job, const base::Error& e) {
  base::Error out = e;
  if (e.sys == ECONNREFUSED) out.what += ": the job is dead; ptybufferd -f takes its place";
  if (e.sys == ENOENT) out.what += ": \"ptyattach\" lists what runs";
  if (e.sys == EACCES) out.what += ": it belongs to another user";
  return job.name == job.socket ? out : in(job.name, out);
}

}  // namespace

Result<Attached> attach(const Found& job, const Options& options, bool raw, bool readonly,
                        std::optional<pty::Size> size) {
  Attached a;
  Result<base::Fd> control = connect_to(peer::control_name(job.socket));
  if (!control) {
    // No control socket: ptybuffer's own, a TCP one, or socat's.
    if (readonly && options.readonly) {
      return base::error(Errc::not_found, job.socket,
                         ": has no control socket, so nothing could enforce --readonly");
    }
    base::log::debug("no control socket: ", control.error().what);
    Result<base::Fd> plain = connect_to(job.socket);
    if (!plain) return explain(job, plain.error());
    a.stream = std::move(*plain);
    return a;
  }
  Json request = {{"cmd", "attach"}, {"raw", raw}, {"readonly", readonly}, {"from", options.from}};
  if (size) request.update({{"rows", size->rows}, {"cols", size->columns}});
  const Result<Json> answer =
      ask(control->get(), request, base::Clock::now() + kPatience, &a.first);
  if (!answer) return explain(job, answer.error());
  a.stream = std::move(*control);
  a.viewer = answer->value("viewer", int64_t{0});
  if (!size) return a;
  Result<base::Fd> second = connect_to(peer::control_name(job.socket));
  if (second && ask(second->get(), Json{{"cmd", "hold"}}, base::Clock::now() + kPatience)) {
    a.control = std::move(*second);
  }
  return a;
}

void send_size(const Attached& to, pty::Size size) {
  if (!to.control) return;
  const std::string line =
      wire::dump(Json{
          {"cmd", "resize"}, {"rows", size.rows}, {"cols", size.columns}, {"viewer", to.viewer}}) +
      "\n";
  static_cast<void>(::send(to.control.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0);
  // The answers of earlier ones, so that they do not pile up.
  char unread[1024];
  static_cast<void>(::recv(to.control.get(), unread, sizeof unread, MSG_DONTWAIT) < 0);
}

}  // namespace ptyattach
