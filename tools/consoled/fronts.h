// Fronts: all listeners on the loop, and who may come in. Owned by main; goes before what it
// serves.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "lib/http/server.h"
#include "lib/peer/server.h"
#include "lib/tls/context.h"
#include "tools/consoled/console_sockets.h"
#include "tools/consoled/front_console.h"
#include "tools/consoled/front_ctl.h"
#include "tools/consoled/front_web.h"
#include "tools/consoled/rest_goconserver.h"
#include "tools/consoled/rest_log.h"
#include "tools/consoled/rest_v1.h"
#include "tools/consoled/sockets.h"

namespace consoled {

class Fronts {
 public:
  // Takes the sockets. The certificates are read here: an error names the file.
  static base::Result<std::unique_ptr<Fronts>> open(Shared& shared, Nodes& nodes,
                                                    ControlCommands& commands, Sockets sockets,
                                                    int64_t started_us);

  // TCP ports, also closed ones that somebody still uses.
  size_t ports() const { return doors_.size(); }

 private:
  // One of the TCP ports. Closed by a reload it stays for those who are there; it goes with the
  // first reload that finds nobody.
  struct Door {
    explicit Door(TcpListener listener) : at(std::move(listener)) {}
    TcpListener at;  // with the port that it has
    bool open = true;
    bool empty() const { return (!http || http->empty()) && (!console || console->empty()); }
    std::optional<http::Server> http;
    std::optional<FrontConsole> console;
  };

  Fronts(Shared& shared, Nodes& nodes, int64_t started_us);
  base::Result<void> open_tls();
  base::Result<void> open_web(const Sockets& sockets);
  void reloaded();
  void read_certificates_again();
  void move_listeners();
  void set_limits();
  void serve_clients(Sockets& sockets, ControlCommands& commands);
  void serve_port(Sockets::Port port);
  http::Server::Options http_options() const;

  Shared& shared_;
  Nodes& nodes_;
  RestGoconserver rest_;
  RestV1 v1_;
  RestLog log_;
  std::unique_ptr<FrontWeb> web_;
  std::optional<tls::Context> tls_;
  http::Router local_{true}, remote_{true};
  std::optional<peer::Server> control_;
  std::optional<http::Server> http_;          // for clients on this machine
  std::optional<FrontConsole> web_sessions_;  // goconserver's page
  std::list<Door> doors_;
  std::optional<ConsoleSockets> raw_;
};

}  // namespace consoled
