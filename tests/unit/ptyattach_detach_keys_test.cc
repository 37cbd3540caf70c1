#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tools/ptyattach/detach_keys.h"

using ptyattach::DetachKeys;

namespace {
// What is sent of the pieces typed, and "|" where they detached.
std::string sent(const std::string& keys, const std::vector<std::string>& typed) {
  DetachKeys detach(keys);
  std::string out;
  for (const std::string& piece : typed) {
    if (detach.filter(piece, out)) return out + "|";
  }
  return out;
}
}  // namespace

TEST_CASE("detach keys are found in what is typed, and nothing else is held back for good") {
  struct Row {
    const char* keys;
    std::vector<std::string> typed;
    const char* expected;
  };
  for (const Row& row : std::vector<Row>{
           {"\x1c", {"ls\n"}, "ls\n"},
           {"\x1c", {"ls\x1cmore"}, "ls|"},
           {"\x1c", {"\x1c"}, "|"},
           {"Ad", {"A"}, ""},
           {"Ad", {"A", "d"}, "|"},
           {"Ad", {"Ad"}, "|"},
           {"Ad", {"A", "x"}, "Ax"},
           {"Ad", {"xAy"}, "xAy"},
           {"Ad", {"AAd"}, "A|"},
           {"Ad", {"A", "A", "A", "d"}, "AA|"},
           {"aab", {"aaab"}, "a|"},
           {"aab", {"a", "a", "a", "a", "b"}, "aa|"},
           {"aab", {"aaxaab"}, "aax|"},
           {"abab", {"ababab"}, "|"},
           {"abac", {"ababac"}, "ab|"},
           {"abac", {"abab"}, "ab"},
           {"~.", {"~~."}, "~|"},
       }) {
    CHECK(sent(row.keys, row.typed) == row.expected);
  }
}

TEST_CASE("bytes above 127 and zero bytes pass") {
  const std::string all("\0\xff\x80\0", 4);
  CHECK(sent("\x1d", {all}) == all);
  CHECK(sent(std::string("\0", 1), {"a" + all}) == "a|");
}

TEST_CASE("after detaching the same keys are looked for anew") {
  DetachKeys detach("Ad");
  std::string out;
  CHECK(detach.filter("Ad", out));
  CHECK_FALSE(detach.filter("d", out));
  CHECK(detach.filter("Ad", out));
  CHECK(out == "d");
}
