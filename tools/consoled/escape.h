// Escape: finds goconserver's escape keys in what one viewer types: ^Ec l and a digit from 1 to 9,
// the break sequence of that number. What only looked like their beginning is keys, and nothing
// around them is lost. One per viewer; pure.
//
//   while (auto found = escape.next(bytes)) ...   // bytes shrinks as it is read
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace consoled {

// The frame by which congo detaches.
inline constexpr std::string_view kDetachKeys =
    "\x05"
    "c.";

class Escape {
 public:
  struct Found {
    std::string_view keys;  // for the target; good while the bytes are
    int break_number = 0;   // 1 to 9, after the keys; 0: none
  };

  // Nothing once the bytes are used up; a beginning of escape keys is kept for the next.
  std::optional<Found> next(std::string_view& bytes);
  // What was kept, for the end of input.
  std::string_view rest();

 private:
  size_t matched_ = 0;  // of ^Ecl
};

}  // namespace consoled
