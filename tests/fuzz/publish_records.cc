// The records are the same however the bytes are cut, each is a line of JSON, and their places only
// grow. From any of these places on come the records behind it.
// with: tools/consoled/publish_records.cc lib/journal/lines.cc
#include "tools/consoled/publish_records.h"

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/wire/json.h"
#include "tests/fuzz/target.h"

namespace {
using consoled::PublishedRecord;
using journal::Item;

std::vector<PublishedRecord> records_of(std::string_view in, uint64_t from, bool whole) {
  consoled::Records records("n1", {true, 6, "log.x"}, {7, from, 0});
  std::vector<PublishedRecord> out;
  uint64_t at = from;
  in.remove_prefix(from);
  while (!in.empty()) {
    const std::string_view piece = whole ? in : fuzz_piece(in);
    in.remove_prefix(piece.size());
    records.feed({Item::What::bytes, journal::Kind::chunk, piece, 1, true, at}, 7, out);
    at += piece.size();
  }
  return out;
}

bool same(const std::vector<PublishedRecord>& a, const PublishedRecord* b, size_t n) {
  return a.size() == n && std::equal(a.begin(), a.end(), b, [](const auto& x, const auto& y) {
           return x.text == y.text && x.key == y.key && x.after == y.after;
         });
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  const std::vector<PublishedRecord> all = records_of(in, 0, true);
  fuzz_expect(same(records_of(in, 0, false), all.data(), all.size()));
  uint64_t last = 0;
  for (const PublishedRecord& r : all) {
    fuzz_expect(r.after.offset > last);
    last = r.after.offset;
    fuzz_expect(r.text.ends_with('\n') && wire::parse(r.text).operator bool());
  }
  fuzz_expect(last <= size);
  if (all.empty()) return 0;
  const size_t middle = all.size() / 2;
  fuzz_expect(same(records_of(in, all[middle].after.offset, true), all.data() + middle + 1,
                   all.size() - middle - 1));
  return 0;
}
