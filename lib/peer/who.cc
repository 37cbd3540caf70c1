#include "lib/peer/who.h"

#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cat.h"

namespace peer {

Who who_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0 || credentials.pid <= 0) {
    return {};
  }
  return {true, credentials.uid, credentials.gid, credentials.pid};
}

std::string text(const Who& who) {
  return who.known ? base::cat("uid ", who.uid, ", pid ", who.pid) : "unknown";
}

bool is_ours(const Who& who) {
  return who.known && (who.uid == 0 || who.uid == ::geteuid());
}

}  // namespace peer
