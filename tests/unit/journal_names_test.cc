#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/journal/names.h"

using journal::cut;
using journal::Move;
using journal::Old;
using journal::shift;

namespace {
constexpr Old kNone{false, false};
constexpr Old kPlain{true, false};
constexpr Old kPacked{false, true};
}  // namespace

TEST_CASE("a rotation moves old files up and deletes the one too many") {
  CHECK(shift("l", {}).empty());
  CHECK(shift("l", {kNone, kPlain}).empty());
  CHECK(shift("l", {kPlain, kNone}) == std::vector<Move>{{"l.1", "l.2"}});
  CHECK(shift("l", {kPlain}) == std::vector<Move>{{"l.1", ""}});
  CHECK(shift("l", {kPlain, kPacked, kPacked}) ==
        std::vector<Move>{{"l.3.zst", ""}, {"l.2.zst", "l.3.zst"}, {"l.1", "l.2"}});
}

TEST_CASE("a rotation fills a hole before it deletes anything") {
  CHECK(shift("l", {kPacked, kNone, kPacked}) == std::vector<Move>{{"l.1.zst", "l.2.zst"}});
}

TEST_CASE("both forms of one number move together") {
  CHECK(shift("l", {{true, true}, kNone}) ==
        std::vector<Move>{{"l.1", "l.2"}, {"l.1.zst", "l.2.zst"}});
}

TEST_CASE("a file is cut after a whole line where one is near") {
  struct Case {
    std::string bytes;
    uint64_t room;
    bool line_start;
    size_t want;
  };
  const std::string far = std::string(10000, 'x') + "\n";
  const std::vector<Case> cases = {
      {"ab\ncd\n", 6, false, 6},    // all fits
      {"ab\ncd\nef", 7, false, 6},  // the last line end that fits
      {"ab\ncd\nef", 3, false, 3},
      {"ab\ncd\nef", 2, true, 0},   // the file ends with a line: nothing more in there
      {"ab\ncd\nef", 2, false, 3},  // the line is finished
      {"ab\ncd\nef", 0, false, 3},
      {"ab\ncd\nef", 0, true, 0},
      {far, 5, false, 5},  // no line end near
      {far, 0, false, 0},
      {far, 9999, false, 10001},
      {"", 0, false, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.bytes.substr(0, 20));
    CAPTURE(c.room);
    CHECK(cut(c.bytes, c.room, c.line_start) == c.want);
  }
}
