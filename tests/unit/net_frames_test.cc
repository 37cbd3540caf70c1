#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/net/frames.h"

using net::FrameReader;
using net::frames_of;
using net::kFraming;

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

TEST_CASE("frames: they come out whole, however they come in") {
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

TEST_CASE("frames: a negative or huge length ends the reading, at its fourth byte") {
  CHECK(framed({"\xff\xff\xff\xff"}) == "!");
  CHECK(framed({header(0x7fffffff)}) == "!");
  CHECK(framed({header(64 * 1024 + 1)}) == "!");
  CHECK(framed({header(2) + "hi" + header(0x80000000)}) == "[hi]!");
  const std::string most(64 * 1024, 'x');
  CHECK(framed({header(64 * 1024) + most}) == "[" + most + "]");
}

TEST_CASE("frames: what is sent goes in frames that congo can hold") {
  CHECK(frames_of("") == "");
  CHECK(frames_of("abc") == header(3) + "abc");
  const std::string big(4095, 'y');
  CHECK(frames_of(big) == header(4094) + big.substr(1) + header(1) + "y");
  std::string one(4, '\0');
  CHECK(kFraming.header(4094, one.data()) == 4);
  CHECK(one == header(4094));
}
