// The items are the same however the bytes are cut; a value's text stands where its place says;
// every value is parsed or refused; and after anything at all the next good line comes through.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/wire/json.h"
#include "lib/wire/reader.h"
#include "tests/fuzz/target.h"

namespace {
using wire::Item;

std::vector<Item> read_json(std::string_view in, size_t max, bool whole) {
  wire::Reader reader(max);
  std::vector<Item> items;
  while (!in.empty()) {
    const std::string_view piece = whole ? in : fuzz_piece(in);
    reader.feed(piece);
    in.remove_prefix(piece.size());
    while (auto item = reader.next()) items.push_back(*item);
  }
  reader.finish();
  while (auto item = reader.next()) items.push_back(*item);
  fuzz_expect(reader.idle());
  return items;
}

// The same bytes, but for commas that became blanks.
bool stands_there(const Item& item, std::string_view in) {
  if (in.substr(0, 3) == "\xef\xbb\xbf") in.remove_prefix(3);
  for (size_t line = 1; line < item.at.line; line++) in.remove_prefix(in.find('\n') + 1);
  in.remove_prefix(item.at.column - 1);
  for (size_t i = 0; i < item.text.size(); i++) {
    const bool blanked = item.text[i] == ' ' && in[i] == ',';
    if (item.text[i] != in[i] && !blanked) return false;
  }
  return true;
}

void check_json(std::string_view in, size_t max) {
  const std::vector<Item> items = read_json(in, max, true);
  fuzz_expect(items == read_json(in, max, false));
  bool came_through = false;
  for (const Item& item : items) {
    if (item.kind != Item::Kind::value) continue;
    fuzz_expect(item.text.size() <= max && stands_there(item, in));
    if (const auto value = wire::parse(item)) fuzz_expect(bool(wire::parse(wire::dump(*value))));
    static_cast<void>(wire::locate(item, "a"));
    came_through = came_through || item.text == "{\"z\":2}";
  }
  fuzz_expect(came_through);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string in = std::string(fuzz_bytes(data, size)) + "\n{\"z\":1}\n{\"z\":2}\n";
  check_json(in, wire::kMaxMessage);
  check_json(in, 24);
  return 0;
}
