// driver_ptybuffer: a running ptybufferd, attached by epoch and offset, so that what it said while
// this daemon was away comes first, once. Where only its data socket is there (ptybuffer), that.
#pragma once

#include <string>

#include "tools/consoled/drivers.h"

namespace consoled {

extern const DriverKind kPtybufferDriver;

// A line to the ptybufferd on this socket. `own`: it is ours alone, terminate() stops it.
std::unique_ptr<Driver> make_ptybuffer(const Surroundings& around, std::string socket, bool own,
                                       Intake& intake);

}  // namespace consoled
