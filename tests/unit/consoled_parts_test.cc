// The pure parts of consoled: escape keys, break sequences, frames.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "tools/consoled/breaks.h"
#include "tools/consoled/escape.h"
#include "tools/consoled/frames.h"

using consoled::Escape;
using consoled::FrameReader;
using consoled::parse_steps;
using consoled::Step;
using consoled::Steps;
using std::chrono::milliseconds;

namespace {
// What is found in pieces that were typed one after the other: keys, and <N> for a sequence.
std::string found(std::vector<std::string> typed) {
  Escape escape;
  std::string out;
  for (const std::string& t : typed) {
    std::string_view bytes = t;
    while (const auto f = escape.next(bytes)) {
      out += f->keys;
      if (f->break_number > 0) out += base::cat("<", f->break_number, ">");
    }
  }
  return out;
}

Step text(std::string t) {
  return {Step::Kind::text, std::move(t), {}};
}
const Step kPause{Step::Kind::pause, {}, milliseconds(250)};
const Step kBreak{Step::Kind::serial_break, {}, {}};
Steps steps(std::string_view t) {
  return parse_steps(t, milliseconds(250));
}
}  // namespace

TEST_CASE("escape keys are found, also in pieces and one behind the other") {
  CHECK(found({"abc"}) == "abc");
  CHECK(found({"\x05"
               "cl1"}) == "<1>");
  CHECK(found({"a\x05"
               "cl9b"}) == "a<9>b");
  CHECK(found({"\x05", "c", "l", "3", "x"}) == "<3>x");
  CHECK(found({"\x05"
               "cl1\x05"
               "cl2"}) == "<1><2>");
}

TEST_CASE("what only began like escape keys reaches the target, in order") {
  CHECK(found({"abc\x05"
               "def"}) ==
        "abc\x05"
        "def");
  CHECK(found({"\x05", "\x05", "x"}) == "\x05\x05x");
  CHECK(found({"\x05"
               "cl0"}) ==
        "\x05"
        "cl0");
  CHECK(found({"\x05"
               "cl\x05"
               "cl4"}) ==
        "\x05"
        "cl<4>");
  CHECK(found({"\x05"
               "cw"}) ==
        "\x05"
        "cw");
  Escape escape;
  std::string_view bytes =
      "a\x05"
      "c";
  while (escape.next(bytes)) {
  }
  CHECK(escape.rest() ==
        "\x05"
        "c");
  CHECK(escape.rest().empty());
}

TEST_CASE("break sequences speak conserver's language") {
  CHECK(steps("~B") == Steps{text("~B")});
  CHECK(steps("\\z") == Steps{kBreak});
  CHECK(steps("+\\d+\\d+") == Steps{text("+"), kPause, text("+"), kPause, text("+")});
  CHECK(steps("\\r~^b") == Steps{text("\r~\x02")});
  CHECK(steps("^?^@^[\\^\\\\") == Steps{text(std::string("\x7f\0\x1b^\\", 5))});
  CHECK(steps("\\a\\b\\f\\n\\t\\v") == Steps{text("\a\b\f\n\t\v")});
  CHECK(steps("\\1\\012\\3777\\400") == Steps{text("\x01\n\xff"
                                                   "7 0")});
  CHECK(steps("").empty());
}

TEST_CASE("what is no such sequence stands for itself") {
  CHECK(steps("\\q^!") == Steps{text("\\q^!")});
  CHECK(steps("a\\") == Steps{text("a\\")});
  CHECK(steps("a^") == Steps{text("a^")});
}

TEST_CASE("a chat waits and sends in turn") {
  const auto chat = consoled::parse_chat("ogin: 'root\\r' '' \"a b\\d\" last", milliseconds(250));
  REQUIRE(chat);
  REQUIRE(chat->size() == 3);
  CHECK((*chat)[0].expect == "ogin:");
  CHECK((*chat)[0].send == Steps{text("root\r")});
  CHECK((*chat)[1].expect.empty());
  CHECK((*chat)[1].send == Steps{text("a b"), kPause});
  CHECK((*chat)[2].expect == "last");
  CHECK((*chat)[2].send.empty());
  CHECK_FALSE(consoled::parse_chat("login: 'root", milliseconds(250)));
}

namespace {
// The frames in the pieces, each in brackets; "!" where one is refused.
std::string framed(const std::vector<std::string>& pieces) {
  FrameReader reader;
  std::string out;
  for (const std::string& p : pieces) {
    std::string_view bytes = p;
    while (true) {
      const auto frame = reader.next(bytes);
      if (!frame) return out + "!";
      if (!*frame) break;
      out += base::cat("[", **frame, "]");
    }
  }
  return out;
}
std::string header(uint32_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
  return out;
}
}  // namespace

TEST_CASE("frames come out whole, however they come in") {
  const std::string two = header(2) + "hi" + header(0) + header(3) + "you";
  CHECK(framed({two}) == "[hi][][you]");
  for (size_t cut = 0; cut <= two.size(); cut++) {
    CHECK(framed({two.substr(0, cut), two.substr(cut)}) == "[hi][][you]");
  }
  std::vector<std::string> bytes;
  for (const char c : two) bytes.emplace_back(1, c);
  CHECK(framed(bytes) == "[hi][][you]");
  CHECK(framed({header(5) + "hel"}) == "");
}

TEST_CASE("a negative or huge length ends the reading, at its fourth byte") {
  CHECK(framed({"\xff\xff\xff\xff"}) == "!");
  CHECK(framed({header(0x7fffffff)}) == "!");
  CHECK(framed({header(64 * 1024 + 1)}) == "!");
  CHECK(framed({header(2) + "hi" + header(0x80000000)}) == "[hi]!");
  const std::string most(64 * 1024, 'x');
  CHECK(framed({header(64 * 1024) + most}) == "[" + most + "]");
}

TEST_CASE("what is sent goes in frames that congo can hold") {
  CHECK(consoled::frames_of("") == "");
  CHECK(consoled::frames_of("abc") == header(3) + "abc");
  const std::string big(4095, 'y');
  CHECK(consoled::frames_of(big) == header(4094) + big.substr(1) + header(1) + "y");
  std::string one(4, '\0');
  CHECK(consoled::kFraming.header(4094, one.data()) == 4);
  CHECK(one == header(4094));
}
