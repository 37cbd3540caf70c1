// The lines are the same however the bytes are cut, and no byte is lost or counted twice.
#include <string>
#include <utility>
#include <vector>

#include "lib/wire/line.h"
#include "tests/fuzz/target.h"

namespace {
using Taken = std::vector<std::pair<std::string, uint64_t>>;

Taken split_lines(std::string_view in, bool whole) {
  wire::LineSplitter splitter(16);
  Taken taken;
  while (!in.empty()) {
    std::string_view piece = whole ? in : fuzz_piece(in);
    in.remove_prefix(piece.size());
    while (auto line = splitter.next(piece)) taken.emplace_back(line->text, line->dropped);
  }
  if (auto rest = splitter.take_rest()) taken.emplace_back(rest->text, rest->dropped);
  return taken;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  const Taken taken = split_lines(in, true);
  fuzz_expect(taken == split_lines(in, false));
  size_t at = 0;
  for (const auto& [text, dropped] : taken) {
    fuzz_expect(dropped == 0 ? in.substr(at, text.size()) == text && text.size() <= 16
                             : dropped > 16 && text.empty());
    at += text.size() + dropped;
  }
  fuzz_expect(at == size);
  return 0;
}
