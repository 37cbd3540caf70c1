#include "lib/base/ring.h"

#include <string>

#include <doctest/doctest.h>

using base::Ring;

namespace {
std::string text(const Ring& r, uint64_t from, uint64_t to) {
  std::string out(to - from, '\0');
  r.copy(from, to - from, out.data());
  return out;
}
}  // namespace

TEST_CASE("ring keeps the last bytes under absolute offsets") {
  Ring r(8);
  r.append("abcdef");
  CHECK(r.tail() == 0);
  CHECK(text(r, 0, 6) == "abcdef");
  r.append("ghijkl");
  CHECK(r.head() == 12);
  CHECK(r.tail() == 4);
  CHECK(text(r, 4, 12) == "efghijkl");
  CHECK(r.slices(4, 8).count == 2);
  CHECK(r.slices(8, 4).count == 1);
}

TEST_CASE("ring takes more than it holds and keeps the end") {
  Ring r(4);
  r.append("0123456789");
  CHECK(r.head() == 10);
  CHECK(text(r, r.tail(), r.head()) == "6789");
}

TEST_CASE("ring space ends at the wrap") {
  Ring r(8);
  r.append("abcde");
  CHECK(r.space(8).iov_len == 3);
  r.append("fgh");
  CHECK(r.space(5).iov_len == 5);
}

TEST_CASE("line_start finds the byte after the next newline") {
  Ring r(16);
  r.append("one\ntwo\nthree");
  CHECK(r.line_start(0) == 4);
  CHECK(r.line_start(4) == 8);
  CHECK(r.line_start(8) == 8);
  r.append("\nfour");  // wrapped
  CHECK(r.line_start(9) == 14);
}

TEST_CASE("last_lines counts from the end, the unfinished line too") {
  Ring r(64);
  CHECK(r.last_lines(0, 3) == 0);
  r.append("1\n2\n3\n");
  CHECK(r.last_lines(0, 1) == 4);
  CHECK(r.last_lines(0, 2) == 2);
  CHECK(r.last_lines(0, 9) == 0);
  CHECK(r.last_lines(0, 0) == 6);
  r.append("pa");
  CHECK(r.last_lines(0, 1) == 6);
  CHECK(r.last_lines(0, 2) == 4);
  CHECK(r.last_lines(5, 9) == 5);
}

TEST_CASE("last_lines across the wrap") {
  Ring r(8);
  r.append("aaaa\nbb\ncc\n");
  CHECK(text(r, r.last_lines(r.tail(), 1), r.head()) == "cc\n");
  CHECK(text(r, r.last_lines(r.tail(), 2), r.head()) == "bb\ncc\n");
  CHECK(r.count_lines(r.tail(), r.head()) == 3);
}

TEST_CASE("newlines are counted exactly in texts of any length and place") {
  std::string s;
  uint64_t expected = 0;
  for (size_t i = 0; i < 20000; i++) {
    const bool newline = (i * 2654435761U) % 7 < 3;
    expected += newline ? 1 : 0;
    s += newline ? '\n' : '\v';
    if (i % 613 == 0) CHECK(base::count_newlines(s) == expected);
  }
  CHECK(base::count_newlines(std::string(100000, '\n')) == 100000);
  CHECK(base::count_newlines(std::string_view(s).substr(3)) ==
        expected - base::count_newlines(s.substr(0, 3)));
}

TEST_CASE("a ring that goes on where another ended has nothing before its start") {
  Ring r(8, 1003);
  CHECK(r.head() == 1003);
  CHECK(r.tail() == 1003);
  CHECK(r.last_lines(r.tail(), 5) == 1003);
  r.append("ab\ncd");
  CHECK(r.tail() == 1003);
  CHECK(text(r, 1003, 1008) == "ab\ncd");
  CHECK(r.last_lines(r.tail(), 1) == 1006);
  r.append("efghij");
  CHECK(r.head() == 1014);
  CHECK(r.tail() == 1006);
  CHECK(text(r, 1006, 1014) == "cdefghij");
}
