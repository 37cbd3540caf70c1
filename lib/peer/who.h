// Who: the process at the other end of a unix socket, as the kernel knows it.
#pragma once

#include <sys/types.h>

#include <string>

namespace peer {

struct Who {
  bool known = false;  // false: TCP, or a kernel that does not say
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

// SO_PEERCRED (unix(7)): who called connect(2), not who holds the descriptor now.
Who who_of(int fd);

// "uid 1000, pid 4242" or "unknown". A number, for looking names up may block.
std::string text(const Who& who);

// The peer is this process's user, or root.
bool is_ours(const Who& who);

}  // namespace peer
