#include "lib/base/clock.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
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

std::string rfc3339_local(int64_t us, unsigned digits) {
  const int64_t fraction = (us % kMicro + kMicro) % kMicro;
  const std::time_t seconds = (us - fraction) / kMicro;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 32> buf{};
  std::string out(buf.data(), std::strftime(buf.data(), buf.size(), "%Y-%m-%dT%H:%M:%S", &parts));
  if (digits > 0) {
    const int n =
        std::snprintf(buf.data(), buf.size(), ".%06lld000", static_cast<long long>(fraction));
    out.append(buf.data(), std::min<size_t>(static_cast<size_t>(n), digits + 1));
  }
  const long minutes = parts.tm_gmtoff / 60;
  if (minutes == 0) return out + 'Z';
  std::snprintf(buf.data(), buf.size(), "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
                std::labs(minutes) / 60, std::labs(minutes) % 60);
  return out + buf.data();
}

}  // namespace base
