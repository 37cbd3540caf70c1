#include "lib/net/limits.h"

#include <sys/resource.h>

namespace net {

uint64_t descriptor_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  // Refused only where the hard limit is above what the kernel allows; then it stays as it is.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit) < 0);
}

}  // namespace net
