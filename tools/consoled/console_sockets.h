// console_sockets: two unix sockets for each console, where the configuration wants them: NAME.sock
// is its raw bytes both ways, for socat and ptyattach, and NAME.ctl takes the commands for that one
// console. They come and go with their console. Owned by Fronts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "lib/net/listener.h"
#include "lib/peer/server.h"
#include "tools/consoled/front_ctl.h"
#include "tools/consoled/nodes.h"

namespace consoled {

class ConsoleSockets {
 public:
  ConsoleSockets(Shared& shared, Consoles& consoles, ControlCommands& commands);
  ConsoleSockets(const ConsoleSockets&) = delete;
  ConsoleSockets& operator=(const ConsoleSockets&) = delete;

  // An event of the daemon's: consoles that come and go, and what subscribers of a .ctl hear.
  void happened(std::string_view name, const nlohmann::json& fields);
  // What the configuration says now: opens all, or closes all.
  void apply();

 private:
  struct Pair {
    Pair(ConsoleSockets& all, const std::string& name, base::Fd data, base::Fd control);
    net::Listener data;
    peer::Server control;
  };

  void open(const std::string& name);
  base::Result<void> try_open(const std::string& name);
  std::string path_of(const std::string& name) const;
  void join(const std::string& name, base::Fd fd);

  Shared& shared_;
  Consoles& consoles_;
  ControlCommands& commands_;
  UnixSockets settings_;  // those that pairs_ was made with
  std::map<std::string, Pair, std::less<>> pairs_;
};

}  // namespace consoled
