#include "lib/net/notify.h"

#include <sys/socket.h>

#include <cstdlib>

#include "lib/base/fd.h"
#include "lib/net/address.h"

namespace net {

void notify(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  const base::Result<Address> to = unix_address(path);
  const base::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!to || !fd) return;
  // MSG_NOSIGNAL, and whoever does not listen misses it.
  static_cast<void>(
      ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, to->get(), to->size) < 0);
}

}  // namespace net
