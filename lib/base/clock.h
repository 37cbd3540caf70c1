// The two clocks. Deadlines are points on the monotonic one, so that a clock jump moves none of
// them; what people and other machines see is the wall clock's, as DESIGN says: seconds since 1970
// with microseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace base {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;  // monotonic; only differences mean anything
using Duration = Clock::duration;

// Microseconds since 1970.
int64_t wall_us();

// The same as a JSON number's text: "1795228800.000123".
std::string wall_text(int64_t us);

// "2026-11-21 02:03:04", GMT: the form of ptybuffer's logs.
std::string stamp_gmt(int64_t us);

// "2026-11-21T02:03:04Z", GMT (RFC 3339), for what people read.
std::string rfc3339(int64_t us);

// The same in local time (TZ), with so many digits of a second, at most 9: "…04.123+01:00". What is
// UTC ends with Z.
std::string rfc3339_local(int64_t us, unsigned digits);

}  // namespace base
