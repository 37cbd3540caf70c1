#include "lib/base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "lib/base/check.h"

namespace base {

std::string random_bytes(size_t n) {
  std::string out(n, '\0');
  size_t have = 0;
  while (have < n) {
    // Long requests may be interrupted, or come in pieces.
    const ssize_t got = ::getrandom(out.data() + have, n - have, 0);
    CHECK(got >= 0 || errno == EINTR);
    if (got > 0) have += static_cast<size_t>(got);
  }
  return out;
}

std::string random_hex(size_t n) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * n);
  for (const char c : random_bytes(n)) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

}  // namespace base
