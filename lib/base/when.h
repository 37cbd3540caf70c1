// when: points in time as people write them. Pure but for the time zone.
//
//   2026-11-21   2026-11-21 02:03   2026-11-21T02:03:04.5Z   …+01:00   local time without a zone
//   02:03   02:03:04   today's
//   now   today   yesterday   tomorrow
//   10 min ago   90s   2h ago   1 day ago   3w
//   @1795228800   seconds since 1970
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/base/result.h"

namespace base {

// Microseconds since 1970; `now` is what relative ones count from.
Result<int64_t> parse_when(std::string_view text, int64_t now);

}  // namespace base
