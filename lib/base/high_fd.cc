#include "lib/base/high_fd.h"

#include <fcntl.h>

#include <cerrno>

namespace base {

Fd high(Fd fd) {
  if (fd.get() < 0 || fd.get() >= kLowFds) return fd;
  const int saved = errno;
  Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kLowFds));
  errno = saved;
  return moved ? std::move(moved) : std::move(fd);
}

}  // namespace base
