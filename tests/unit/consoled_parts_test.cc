// The pure parts of consoled: escape keys, break sequences.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "tools/consoled/breaks.h"
#include "tools/consoled/escape.h"

using consoled::Escape;
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

TEST_CASE("the words of a chat have the backslashes of the language, in quotes and without") {
  const auto chat = consoled::parse_chat(
      "login: root\\r assword: se'\\\\'cret\\r 'a b\\\\' \"\\\\\"\\062", milliseconds(250));
  REQUIRE(chat);
  REQUIRE(chat->size() == 3);
  CHECK((*chat)[0].send == Steps{text("root\r")});
  CHECK((*chat)[1].send == Steps{text("se\\cret\r")});
  CHECK((*chat)[2].expect == "a b\\");
  CHECK((*chat)[2].send == Steps{text("\\2")});
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
