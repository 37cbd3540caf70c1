#include "lib/net/limits.h"

#include <dirent.h>
#include <sys/resource.h>

namespace net {

uint64_t descriptor_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}

uint64_t open_descriptors() {
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  uint64_t n = 0;
  while (::readdir(dir) != nullptr) n++;
  ::closedir(dir);
  return n - 3;  // . and .. and the folder itself
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  // Refused only where the hard limit is above what the kernel allows; then it stays as it is.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit) < 0);
}

}  // namespace net
