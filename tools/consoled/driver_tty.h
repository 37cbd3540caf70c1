// driver_tty: a serial line, or a terminal that somebody else made (a guest's pty).
#pragma once

#include "tools/consoled/drivers.h"

namespace consoled {

extern const DriverKind kTtyDriver;

}  // namespace consoled
