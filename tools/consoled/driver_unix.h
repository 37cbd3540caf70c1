// driver_unix: a unix socket that carries a console's raw bytes (a hypervisor's serial port).
#pragma once

#include "tools/consoled/drivers.h"

namespace consoled {

extern const DriverKind kUnixDriver;

// The parameter `socket` is a path or an @name that a socket can have.
base::Result<void> check_socket(const Node& node);

}  // namespace consoled
