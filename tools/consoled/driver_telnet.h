// driver_telnet: a TELNET server (RFC 854): a terminal server, an old BMC.
#pragma once

#include "tools/consoled/drivers.h"

namespace consoled {

extern const DriverKind kTelnetDriver;

}  // namespace consoled
