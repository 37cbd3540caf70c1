// driver_persist: the cmd driver with persist=true: makes sure that a ptybufferd runs the command,
// and is a line to it.
#pragma once

#include "tools/consoled/drivers.h"

namespace consoled {

std::unique_ptr<Driver> make_persistent(const Surroundings& around, const Node& node,
                                        Intake& intake);

}  // namespace consoled
