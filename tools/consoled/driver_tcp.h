// driver_tcp: a raw TCP connection (a terminal server's port).
#pragma once

#include "tools/consoled/drivers.h"

namespace consoled {

extern const DriverKind kTcpDriver;

// "PORT: expected ..." where the parameter is no port; what tcp and telnet check.
base::Result<void> check_port(const Node& node);

// A dead peer is noticed though nobody types: TCP keep-alive after a minute.
void keep_alive(int fd);

}  // namespace consoled
