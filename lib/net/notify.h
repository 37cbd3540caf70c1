// notify: tells the service manager how this daemon is (sd_notify(3)'s protocol: one datagram to
// $NOTIFY_SOCKET). Does nothing where there is no service manager.
#pragma once

#include <string_view>

namespace net {

// "READY=1", "STOPPING=1", "STATUS=..."; never blocks, and an error is nobody's problem.
void notify(std::string_view state);

}  // namespace net
