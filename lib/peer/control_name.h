// The name of a control socket, which every client derives from the data socket's.
#pragma once

#include <string>
#include <string_view>

namespace peer {

// "x.sock" has "x.ctl"; anything else, also "@x", gets ".ctl" appended (DESIGN, part 4).
std::string control_name(std::string_view socket);

}  // namespace peer
