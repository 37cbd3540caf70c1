#include "tools/consoled/fronts.h"

#include <unistd.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/peer/who.h"
#include "lib/tls/stream.h"

namespace consoled {

using base::Result;

namespace {

constexpr size_t kMaxBody = size_t{16} << 20;  // ten thousand nodes at once

std::string machine_name() {
  std::string name(256, '\0');
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.c_str() : "";
}

// Where a browser finds a port: "all addresses" is none.
std::string url_of(const TcpListener& listener, bool tls) {
  const size_t colon = listener.address.rfind(':');
  std::string host = listener.address.substr(0, colon);
  if (host.empty() || host == "0.0.0.0" || host == "[::]") host = machine_name();
  return base::cat(tls ? "https://" : "http://", host, listener.address.substr(colon));
}

// Whether an open port is the one that is wanted; of port 0 any will do.
bool serves(const TcpListener& open, const TcpListener& wanted) {
  if (open.face != wanted.face) return false;
  if (!wanted.address.ends_with(":0")) return open.address == wanted.address;
  return open.address.starts_with(wanted.address.substr(0, wanted.address.size() - 1));
}

}  // namespace

Fronts::Fronts(Shared& shared, Nodes& nodes, int64_t started_us)
    : shared_(shared),
      nodes_(nodes),
      rest_(shared, nodes),
      v1_(shared, nodes, started_us),
      log_(shared, nodes) {}

Result<std::unique_ptr<Fronts>> Fronts::open(Shared& shared, Nodes& nodes,
                                             ControlCommands& commands, Sockets sockets,
                                             int64_t started_us) {
  std::unique_ptr<Fronts> self(new Fronts(shared, nodes, started_us));
  if (auto done = self->open_tls(); !done) return done.error();
  if (auto done = self->open_web(sockets); !done) return done.error();
  self->serve_clients(sockets, commands);
  for (Sockets::Port& port : sockets.ports) self->serve_port(std::move(port));
  self->raw_.emplace(shared, nodes.consoles(), commands);
  shared.events.listen([&f = *self](std::string_view name, const nlohmann::json& fields) {
    if (f.control_) f.control_->publish(name, fields);
    if (name == "reload") f.reloaded();
    f.raw_->happened(name, fields);
  });
  return self;
}

Result<void> Fronts::open_tls() {
  const TlsFiles& files = shared_.config.tls;
  if (!files) return {};
  Result<tls::Context> context = tls::Context::server({files.ca, files.cert, files.key});
  if (!context) return context.error();
  tls_ = std::move(*context);
  return {};
}

// The API's routes come before the page, which takes all the rest.
Result<void> Fronts::open_web(const Sockets& sockets) {
  FrontWeb::Options options;
  options.raw_console = shared_.config.only;
  options.web_dir = shared_.config.web_dir;
  options.dist_dir = shared_.config.dist_dir;
  options.tls = tls_.has_value();
  options.hosts = {machine_name()};
  for (const Sockets::Port& port : sockets.ports) {
    if (port.listener.face != Face::api) continue;
    const std::string number = std::to_string(net::port_of(port.fd.get()));
    options.urls.push_back(url_of(port.listener, options.tls));
    options.cookie = "lineman-" + number;
    options.sessions_file = base::cat(shared_.around.runtime, "/consoled-", number, ".sessions");
  }
  if (!options.dist_dir.empty()) {
    web_sessions_.emplace(shared_, nodes_, base::Fd(), nullptr);
    options.console_port = [this](base::Fd fd, const Visitor& visitor) {
      web_sessions_->take(std::move(fd), visitor);
    };
  }
  auto web = FrontWeb::make(shared_, nodes_.consoles(), std::move(options));
  if (!web) return web.error();
  web_ = std::move(*web);
  for (http::Router* router : {&local_, &remote_}) {
    rest_.add_routes(*router);
    v1_.add_routes(*router);
    log_.add_routes(*router);
  }
  v1_.add_local_routes(local_);
  web_->add_local_routes(local_);
  web_->add_routes(remote_);
  return {};
}

http::Server::Options Fronts::http_options() const {
  http::Server::Options o;
  o.max_body = kMaxBody;
  o.max_connections = shared_.config.api_limits.all;
  o.per_peer = shared_.config.api_limits.per_address;
  o.patience.header = o.patience.body = o.patience.stall = shared_.config.http_timeout;
  return o;
}

void Fronts::serve_clients(Sockets& s, ControlCommands& commands) {
  if (s.control) {
    control_.emplace(shared_.loop, std::move(s.control), s.control_file, commands.commands(),
                     peer::Server::Options{.any_uid = s.any_uid});
  }
  if (!s.http) return;
  http::Server::Options options = http_options();
  options.admit = [any = s.any_uid](int fd) { return any || peer::is_ours(peer::who_of(fd)); };
  http_.emplace(
      shared_.loop, std::move(s.http), s.http_file,
      [this](const http::ExchangePtr& e) { local_.answer(e); }, std::move(options));
}

void Fronts::serve_port(Sockets::Port port) {
  Door& door = doors_.emplace_back(std::move(port.listener));
  if (door.at.face == Face::console) {
    door.console.emplace(shared_, nodes_, std::move(port.fd), tls_ ? &*tls_ : nullptr);
    return;
  }
  http::Server::Options options = http_options();
  if (tls_) {
    options.make_stream = [this](base::Fd fd, net::Stream::Events events) {
      return tls::accept_stream(shared_.loop, *tls_, std::move(fd), std::move(events));
    };
  }
  door.http.emplace(
      shared_.loop, std::move(port.fd), "",
      [this](const http::ExchangePtr& e) {
        if (web_->admits(e)) remote_.answer(e);
      },
      std::move(options));
}

// ---- After a reload: what can be done is done, and what fails leaves the rest as it is.

void Fronts::reloaded() {
  read_certificates_again();
  move_listeners();
  set_limits();
  raw_->apply();
}

// Who is connected goes on with the old ones.
void Fronts::read_certificates_again() {
  const TlsFiles& files = shared_.config.tls;
  if (!tls_ || !files) return;
  Result<tls::Context> context = tls::Context::server({files.ca, files.cert, files.key});
  if (context) {
    *tls_ = std::move(*context);
  } else {
    base::log::error("reload: ", context.error().what, ": the certificate from before stays");
  }
}

void Fronts::move_listeners() {
  const auto& wanted = shared_.config.listeners;
  for (Door& door : doors_) {
    const auto is_it = [&](const TcpListener& l) { return serves(door.at, l); };
    if (!door.open || std::any_of(wanted.begin(), wanted.end(), is_it)) continue;
    door.open = false;
    if (door.http) door.http->close();
    if (door.console) door.console->close();
    base::log::info("reload: ", door.at.address, ": closed");
  }
  doors_.remove_if([](const Door& door) { return !door.open && door.empty(); });
  for (const TcpListener& l : wanted) {
    const auto is_it = [&](const Door& door) { return door.open && serves(door.at, l); };
    if (std::any_of(doors_.begin(), doors_.end(), is_it)) continue;
    Result<Sockets::Port> port = bind_port(shared_.config, l);
    if (!port) {
      base::log::error("reload: ", port.error().what, ": not opened");
      continue;
    }
    base::log::info("reload: ", port->listener.address, ": opened");
    serve_port(std::move(*port));
  }
  std::vector<std::string> urls;
  for (const Door& door : doors_) {
    if (door.open && door.http) urls.push_back(url_of(door.at, tls_.has_value()));
  }
  web_->move_to(std::move(urls));
}

void Fronts::set_limits() {
  const Config& c = shared_.config;
  const auto limit = [&](http::Server& server) {
    server.limit(c.api_limits.all, c.api_limits.per_address, c.http_timeout);
  };
  if (http_) limit(*http_);
  if (web_sessions_) web_sessions_->limit(c.console_limits);
  for (Door& door : doors_) {
    if (door.http) limit(*door.http);
    if (door.console) door.console->limit(c.console_limits);
  }
}

}  // namespace consoled
