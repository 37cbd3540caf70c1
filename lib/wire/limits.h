// The limits of everything that comes in as JSON or as lines. Over-long input is skipped to its
// end and answered with an error; it never costs the connection (lineman-message(5)).
#pragma once

#include <cstddef>

namespace wire {

constexpr size_t kMaxMessage = size_t{1} << 20;  // bytes of one JSON value or one bare word's line
constexpr size_t kMaxDepth = 32;                 // brackets within brackets in one value
constexpr size_t kMaxName = 128;                 // bytes of a node's, console's or queue's name
constexpr size_t kMaxWarnings = 16;              // remembered per value; later ones go unsaid
constexpr size_t kMaxLine = 10240;               // bytes of one line of console input, LF included

}  // namespace wire
