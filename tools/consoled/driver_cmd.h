// driver_cmd: a command on a pty. With persist=true it runs under a ptybufferd of its own, so that
// the session outlives a restart of this daemon.
#pragma once

#include <string>
#include <vector>

#include "tools/consoled/drivers.h"

namespace consoled {

extern const DriverKind kCmdDriver;

// What the command of this node is started with: argv and environment, for both ways.
struct CommandLine {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
};
CommandLine command_line(const Node& node);

}  // namespace consoled
