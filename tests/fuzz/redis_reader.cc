// The answers are the same however the bytes are cut, and so is the error that ends them; and a
// command of these bytes is read back as it was.
// with: lib/redis/resp.cc -lhiredis
#include <string>
#include <vector>

#include "lib/redis/resp.h"
#include "tests/fuzz/target.h"

namespace {
void show(const redis::Reply& r, std::string& out) {
  out += std::to_string(static_cast<int>(r.kind)) + ":" + std::to_string(r.integer) + ":" +
         std::to_string(r.text.size()) + ":" + r.text + ":" + std::to_string(r.items.size()) + "\n";
  for (const redis::Reply& item : r.items) show(item, out);
}

std::string read_all(std::string_view in, bool whole) {
  redis::Reader reader;
  std::string out;
  while (!in.empty()) {
    const std::string_view piece = whole ? in : fuzz_piece(in);
    reader.feed(piece);
    in.remove_prefix(piece.size());
    for (;;) {
      const auto answer = reader.next();
      if (!answer) return out + answer.error().what;
      if (!*answer) break;
      show(**answer, out);
    }
  }
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  fuzz_expect(read_all(in, true) == read_all(in, false));
  std::string command, expected;
  redis::append_command(command, {in, "", in});
  redis::Reply words{redis::Reply::Kind::list, 0, "", {}};
  for (const std::string_view word : {in, std::string_view(), in}) {
    words.items.push_back({redis::Reply::Kind::text, 0, std::string(word), {}});
  }
  show(words, expected);
  fuzz_expect(read_all(command, false) == expected);
  return 0;
}
