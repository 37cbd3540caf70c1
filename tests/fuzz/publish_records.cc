// The records are the same however the bytes are cut, each is a line of JSON, and their places only
// grow. From any of these places on come the records behind it. In the input 1 is one who attaches,
// 2 the end of a connection, 3 a source that goes on, 4 another one.
// with: tools/consoled/publish_records.cc lib/journal/lines.cc
#include "tools/consoled/publish_records.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/wire/json.h"
#include "tests/fuzz/target.h"

namespace {
using consoled::Mark;
using consoled::PublishedRecord;
using journal::Item;
using journal::Kind;

struct Said {
  std::string bytes;
  std::vector<Item> events;
};

Said said(std::string_view in) {
  constexpr std::array kKinds = {Kind::attach, Kind::down, Kind::up, Kind::up};
  Said out;
  for (const char c : in) {
    if (c >= 1 && c <= 4) {
      Item event{Item::What::event, kKinds[static_cast<size_t>(c - 1)], "x", 1, true,
                 out.bytes.size()};
      event.resumed = c == 3;
      out.events.push_back(event);
    } else {
      out.bytes += c;
    }
  }
  return out;
}

std::vector<PublishedRecord> records_of(const Said& in, const Mark& from, bool whole) {
  consoled::Records records("n1", {true, 6, "log.x"}, from);
  std::vector<PublishedRecord> out;
  uint64_t at = from.offset;
  auto event = std::find_if(in.events.begin(), in.events.end(),
                            [&](const Item& e) { return e.offset >= from.offset; });
  for (;;) {
    for (; event != in.events.end() && event->offset == at; ++event) records.feed(*event, 7, out);
    const uint64_t end = event != in.events.end() ? event->offset : in.bytes.size();
    if (at == end) return out;
    const std::string_view rest = std::string_view(in.bytes).substr(at, end - at);
    const std::string_view piece = whole ? rest : fuzz_piece(rest);
    records.feed({Item::What::bytes, Kind::chunk, piece, 1, true, at}, 7, out);
    at += piece.size();
  }
}

bool same(const std::vector<PublishedRecord>& a, const PublishedRecord* b, size_t n) {
  return a.size() == n && std::equal(a.begin(), a.end(), b, [](const auto& x, const auto& y) {
           return x.text == y.text && x.key == y.key && x.after == y.after;
         });
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Said in = said(fuzz_bytes(data, size));
  const std::vector<PublishedRecord> all = records_of(in, {7, 0, 0}, true);
  fuzz_expect(same(records_of(in, {7, 0, 0}, false), all.data(), all.size()));
  Mark last{7, 0, 0};
  for (const PublishedRecord& r : all) {
    fuzz_expect(std::pair(r.after.offset, r.after.events) > std::pair(last.offset, last.events));
    last = r.after;
    fuzz_expect(r.text.ends_with('\n') && wire::parse(r.text).operator bool());
  }
  fuzz_expect(last.offset <= in.bytes.size());
  if (all.empty()) return 0;
  const size_t middle = all.size() / 2;
  fuzz_expect(same(records_of(in, all[middle].after, true), all.data() + middle + 1,
                   all.size() - middle - 1));
  return 0;
}
