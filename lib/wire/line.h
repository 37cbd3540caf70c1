// LineSplitter: cuts raw console input into lines, by ptybuffer's rules: a viewer's line reaches
// the console as a whole or not at all, and one that is too long is dropped up to its LF. Pure;
// the bytes are any bytes. One per viewer, owned by it; memory is taken only while a line is
// unfinished, since thousands of viewers sit idle.
//
//   while (auto line = splitter.next(bytes)) ...   // bytes shrinks as it is read
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/wire/limits.h"

namespace wire {

struct Line {
  std::string_view text;  // with its LF; empty when the line was dropped
  uint64_t dropped = 0;   // the length of a line that was too long, its LF included
};

class LineSplitter {
 public:
  // A line may have `max` bytes, its LF included.
  explicit LineSplitter(size_t max = kMaxLine) : max_(max) {}

  // Takes bytes from the front of `bytes` up to the end of one line; nothing once they are used
  // up. The text is good until the next call and while the bytes are.
  std::optional<Line> next(std::string_view& bytes);
  // At the end of input: the last line, which has no LF; nothing where there is none.
  std::optional<Line> take_rest();

 private:
  std::optional<Line> keep(std::string_view part);
  Line end_dropped(size_t last);
  void release();

  size_t max_;
  uint64_t dropping_ = 0;  // bytes of the line that is too long, so far
  bool done_ = false;      // rest_ was given out
  std::string rest_;       // of the unfinished line
};

}  // namespace wire
