// front_ctl: the commands of the control sockets (consoled(8), CONTROL SOCKET): consoled.ctl, and
// NAME.ctl beside a console's raw socket, where "console" need not be said.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/peer/server.h"
#include "tools/consoled/nodes.h"

namespace consoled {

class ControlCommands {
 public:
  struct Hooks {
    std::function<base::Result<wire::Json>()> reload;
    std::function<void()> stop;
  };

  ControlCommands(Shared& shared, Nodes& nodes, int64_t started_us, Hooks hooks);

  // The table for a peer::Server; it refers to this. `console`: what is meant where a request does
  // not name one; "": it must.
  std::vector<peer::Command> commands(const std::string& console = "");

 private:
  using Answer = base::Result<wire::Json>;
  // Takes "console" out of the arguments.
  base::Result<Console*> take_one(wire::Object& a, const std::string& fallback);
  base::Result<std::vector<Console*>> take_some(wire::Object& a, const std::string& fallback);

  Answer attach(peer::Peer& peer, wire::Object& a, const std::string& fallback);
  Answer list(wire::Object& a);
  Answer show(wire::Object& a, const std::string& fallback);
  Answer job_status(const std::string& name);
  Answer who(wire::Object& a, const std::string& fallback);
  Answer kick(wire::Object& a, const std::string& fallback);
  Answer resize(wire::Object& a, const std::string& fallback);
  Answer send(wire::Object& a, const std::string& fallback);
  Answer send_break(peer::Peer& peer, wire::Object& a, const std::string& fallback);
  Answer say(peer::Peer& peer, wire::Object& a, const std::string& fallback, bool to_viewers);
  Answer change(peer::Peer& peer, wire::Object& a, bool create);
  Answer remove(peer::Peer& peer, wire::Object& a);
  Answer switch_to(peer::Peer& peer, wire::Object& a, const std::string& fallback);

  Shared& shared_;
  Nodes& nodes_;
  int64_t started_us_;
  Hooks hooks_;
};

}  // namespace consoled
