// driver_ssh: a shell (ssh) or a command (sshcmd) on a host, through ssh.
#pragma once

#include "tools/consoled/drivers.h"

namespace consoled {

extern const DriverKind kSshDriver;
extern const DriverKind kSshcmdDriver;

}  // namespace consoled
