// Escape keys are found the same however the bytes are cut, and no byte around them is lost.
// with: tools/consoled/escape.cc
#include "tools/consoled/escape.h"

#include <string>

#include "tests/fuzz/target.h"

namespace {
// The keys with each sequence as it was typed, and how many sequences there were.
std::pair<std::string, size_t> find_escapes(std::string_view in, bool whole) {
  consoled::Escape escape;
  std::string all;
  size_t count = 0;
  while (!in.empty()) {
    std::string_view piece = whole ? in : fuzz_piece(in);
    in.remove_prefix(piece.size());
    while (const auto found = escape.next(piece)) {
      all += found->keys;
      if (found->break_number == 0) continue;
      fuzz_expect(found->break_number >= 1 && found->break_number <= 9);
      all +=
          "\x05"
          "cl";
      all += static_cast<char>('0' + found->break_number);
      count++;
    }
    fuzz_expect(piece.empty());
  }
  all += escape.rest();
  return {all, count};
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  const auto [all, count] = find_escapes(in, true);
  fuzz_expect(all == in);
  fuzz_expect(find_escapes(in, false) == std::make_pair(all, count));
  size_t there = 0;
  for (size_t at = 0; (at = in.find("\x05"
                                    "cl",
                                    at)) != std::string_view::npos;
       at += 3) {
    if (at + 3 < size && in[at + 3] >= '1' && in[at + 3] <= '9') there++;
  }
  fuzz_expect(there == count);
  return 0;
}
