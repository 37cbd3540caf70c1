// setup: what main needs done to the configuration: read at the start, read again for a reload.
#pragma once

#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/result.h"
#include "lib/ssh/client.h"
#include "tools/consoled/config.h"
#include "tools/consoled/consoles.h"
#include "tools/consoled/definitions.h"
#include "tools/consoled/options.h"

namespace consoled {

// The configuration of the options. Ends the process where it cannot be used, and after --check.
// Listeners and loggers that are left out are said on stderr. Makes the folders that it names.
Config configure(const Options& options);

// The folders that drivers need: the runtime folder, the state, the one with our programs. Makes
// the folders of nodes and journals, and locks them. busy: another consoled uses one.
base::Result<Surroundings> surroundings(net::Loop& loop, net::SessionEnd& session_end,
                                        ssh::Client& ssh, const Config& config);

// The nodes that are defined, and a line about what came from nodes.json. Null with --pty.
base::Result<std::unique_ptr<Definitions>> open_definitions(const Options& options,
                                                            const Config& config, net::Loop& loop,
                                                            net::DiskJobs& disk);

// The node of --pty. Ends the program when there is no such device.
Node pty_node(const PtyOptions& pty);

Turns::Limits turn_limits(const Config& config);

// HUP and "reload": reads the file again, applies what can be applied, opens the logs anew, and
// says what changed, also as the event "reload":
// {"applied":[...],"restart":[...],"left_out":[...]}. An error leaves all as it was.
class Reload {
 public:
  Reload(const Options& options, Config& config, const peer::Events& events, Turns& turns,
         Consoles& consoles, Publishers& publishers);
  base::Result<nlohmann::json> operator()();

 private:
  // The loggers that are left out.
  base::Result<std::vector<std::string>> apply(Config next);

  const Options& options_;
  Config& config_;
  const peer::Events& events_;
  Turns& turns_;
  Consoles& consoles_;
  Publishers& publishers_;
};

}  // namespace consoled
