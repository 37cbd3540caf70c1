#include "lib/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace base {

namespace {
constexpr int64_t kMicro = 1000000;

std::tm gmt(int64_t us) {
  const std::time_t seconds = us / kMicro;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}
}  // namespace

int64_t wall_us() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * kMicro + t.tv_nsec / 1000;
}

std::string wall_text(int64_t us) {
  std::array<char, 40> buf{};
  const int n =
      std::snprintf(buf.data(), buf.size(), "%lld.%06lld", static_cast<long long>(us / kMicro),
                    static_cast<long long>(us % kMicro));
  return {buf.data(), static_cast<size_t>(n)};
}

std::string stamp_gmt(int64_t us) {
  const std::tm t = gmt(us);
  std::array<char, 32> buf{};
  return {buf.data(), std::strftime(buf.data(), buf.size(), "%Y-%m-%d %H:%M:%S", &t)};
}

std::string rfc3339(int64_t us) {
  const std::tm t = gmt(us);
  std::array<char, 32> buf{};
  return {buf.data(), std::strftime(buf.data(), buf.size(), "%Y-%m-%dT%H:%M:%SZ", &t)};
}

}  // namespace base
