#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/clock.h"
#include "lib/base/when.h"
#include "tests/unit/help.h"

using base::parse_when;

namespace {
struct Zone {
  explicit Zone(const char* name) {
    const char* was = std::getenv("TZ");
    had_ = was != nullptr;
    if (had_) was_ = was;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    had_ ? ::setenv("TZ", was_.c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }
  bool had_ = false;
  std::string was_;
};
constexpr int64_t kNow = 1795228800500000;  // 2026-11-21T02:40:00.5Z, a Saturday

std::string when(const std::string& text) {
  const base::Result<int64_t> at = parse_when(text, kNow);
  return at ? base::rfc3339_local(*at, 3) : "no";
}
}  // namespace

TEST_CASE("points in time are read as people write them") {
  const Zone zone("UTC");
  const std::vector<std::pair<std::string, std::string>> table{
      {"now", "2026-11-21T02:40:00.500Z"},
      {"today", "2026-11-21T00:00:00.000Z"},
      {"yesterday", "2026-11-20T00:00:00.000Z"},
      {"tomorrow", "2026-11-22T00:00:00.000Z"},
      {"10 min ago", "2026-11-21T02:30:00.500Z"},
      {"10min", "2026-11-21T02:30:00.500Z"},
      {"90s", "2026-11-21T02:38:30.500Z"},
      {"2 hours ago", "2026-11-21T00:40:00.500Z"},
      {"1 day ago", "2026-11-20T02:40:00.500Z"},
      {"3w", "2026-10-31T02:40:00.500Z"},
      {"@1795228800.25", "2026-11-21T02:40:00.250Z"},
      {"2026-11-21", "2026-11-21T00:00:00.000Z"},
      {"2026-11-21 02:03", "2026-11-21T02:03:00.000Z"},
      {"2026-11-21T02:03:04.5", "2026-11-21T02:03:04.500Z"},
      {"2026-11-21T02:03:04+01:30", "2026-11-21T00:33:04.000Z"},
      {"2026-11-21T02:03Z", "2026-11-21T02:03:00.000Z"},
      {"02:03", "2026-11-21T02:03:00.000Z"},
      {"02:03:04.25", "2026-11-21T02:03:04.250Z"},
  };
  for (const auto& [text, want] : table) CHECK_MESSAGE(when(text) == want, text);
  for (const char* text : {"", "soon", "10", "10 parsecs", "10 min later", "25:00", "2:03",
                           "2026-13-01", "2026-11-21x", "2026-11-21 02", "@", "@1x",
                           "99999999999999 s", "2026-11-21T02:03+1", "-5 min"}) {
    CHECK_MESSAGE(when(text) == "no", text);
  }
}

TEST_CASE("what has no zone is local time") {
  const Zone zone("Europe/Berlin");
  CHECK(when("2026-11-21 02:03") == "2026-11-21T02:03:00.000+01:00");
  CHECK(when("2026-07-21 02:03") == "2026-07-21T02:03:00.000+02:00");
  CHECK(when("2026-11-21T02:03Z") == "2026-11-21T03:03:00.000+01:00");
  CHECK(when("today") == "2026-11-21T00:00:00.000+01:00");
}
