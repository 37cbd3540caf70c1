#include "lib/base/result.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "lib/base/check.h"

namespace base {

Errc errc_of(int sys) {
  switch (sys) {
    case ENOENT:
    case ECONNREFUSED:
      return Errc::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::denied;
    case EADDRINUSE:
    case EEXIST:
    case EBUSY:
      return Errc::busy;
    case ETIMEDOUT:
      return Errc::timeout;
    case EPIPE:
    case ECONNRESET:
      return Errc::closed;
    case ENAMETOOLONG:
    case E2BIG:
      return Errc::too_big;
    default:
      return Errc::io;
  }
}

std::string sys_text(int sys) {
  std::array<char, 128> buf{};
  return strerror_r(sys, buf.data(), buf.size());
}

void check_failed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: a bug: CHECK(%s) failed\n", file, line, what);
  std::abort();
}

}  // namespace base
