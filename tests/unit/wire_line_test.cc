#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/wire/line.h"

using wire::LineSplitter;

namespace {
using Lines = std::vector<std::string>;

void take(LineSplitter& splitter, std::string_view bytes, Lines& out) {
  while (auto line = splitter.next(bytes)) {
    out.push_back(line->dropped > 0 ? base::cat("dropped ", line->dropped)
                                    : std::string(line->text));
  }
}

Lines split(size_t max, const std::vector<std::string_view>& pieces) {
  LineSplitter splitter(max);
  Lines out;
  for (const std::string_view piece : pieces) take(splitter, piece, out);
  if (auto rest = splitter.take_rest()) {
    out.push_back(rest->dropped > 0 ? base::cat("dropped ", rest->dropped)
                                    : base::cat("rest ", rest->text));
  }
  CHECK_FALSE(splitter.take_rest());
  return out;
}

struct Case {
  std::string in;
  Lines out;
};
}  // namespace

TEST_CASE("lines are the same however the bytes are cut") {
  const std::vector<Case> cases = {
      {"", {}},
      {"\n", {"\n"}},
      {"a\nbc\r\n\n", {"a\n", "bc\r\n", "\n"}},
      {"a\nbc", {"a\n", "rest bc"}},
      {"1234567\n1\n", {"1234567\n", "1\n"}},
      {"12345678\n1\n", {"dropped 9", "1\n"}},
      {"a\n123456789012345\nb\n", {"a\n", "dropped 16", "b\n"}},
      {"12345678", {"rest 12345678"}},
      {"123456789", {"dropped 9"}},
      {"123456789\n123456789", {"dropped 10", "dropped 9"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.in);
    const std::string_view in = c.in;
    CHECK(split(8, {in}) == c.out);
    for (size_t a = 0; a <= in.size(); a++) {
      for (size_t b = a; b <= in.size(); b++) {
        REQUIRE(split(8, {in.substr(0, a), in.substr(a, b - a), in.substr(b)}) == c.out);
      }
    }
  }
}

TEST_CASE("a line takes any bytes and 10240 of them by default") {
  std::string line(wire::kMaxLine - 1, '\0');
  line += '\n';
  LineSplitter splitter;
  Lines out;
  take(splitter, line, out);
  take(splitter, "\xff" + line, out);
  CHECK(out == Lines{line, "dropped 10241"});
}

TEST_CASE("an idle splitter is small") {
  CHECK(sizeof(LineSplitter) <= 64);
}
