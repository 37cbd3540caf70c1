#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/pty/screen.h"

using pty::Screen;

namespace {
constexpr std::string_view kAlternateOff = "\x1b[?1049l";
constexpr std::string_view kLastLine = "\x1b[999;1H";

std::string left_after(std::string_view shown, size_t piece) {
  Screen screen;
  for (; !shown.empty(); shown.remove_prefix(std::min(piece, shown.size()))) {
    screen.show(shown.substr(0, piece));
  }
  return screen.leave();
}
}  // namespace

TEST_CASE("the alternate screen is left, and a painted one is gone below, in whatever pieces") {
  struct Row {
    const char* shown;
    bool alternate, painted;
  };
  for (const Row& row : std::vector<Row>{
           {"plain text\r\n", false, false},
           {"\x1b[?1049h\x1b[22;0;0t\x1b[1;24r\x1b[12;1Hvi", true, false},
           {"\x1b[?1049hvi\x1b[?1049l\r\n$ ", false, false},
           {"\x1b[?1049l\x1b[?1049h", true, false},
           {"\x1b[H\x1b[2J\x1b[3J$ ", false, false},
           {"\x1b[5;1Hmiddle", false, true},
           {"\x1b[7Hmiddle", false, true},
           {"\x1b[5;1Hvi\x1b[?1049l$ ", false, false},
           {"\x1b[0;1;31mred\x1b[0m \x1b]0;title\x07 \x1b\x1b[K", false, false},
           {"\x1b[00000000000000000000000000000000000000000000000000000000000000001", false, false},
       }) {
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{1000}}) {
      CAPTURE(row.shown);
      CAPTURE(piece);
      const std::string left = left_after(row.shown, piece);
      CHECK(left.ends_with(kAlternateOff) == row.alternate);
      CHECK(left.ends_with(kLastLine) == row.painted);
    }
  }
}

TEST_CASE("an escape sequence without an end is not kept for ever") {
  Screen screen;
  for (int i = 0; i < 1000; i++) screen.show("\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1");
  screen.show("\x1b[5;1H");
  CHECK(screen.leave().ends_with(kLastLine));
}
