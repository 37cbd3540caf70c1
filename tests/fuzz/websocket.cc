// The messages are the same however the bytes are cut, and replies stay bounded by what came. (What
// wslay says to a close whose reason is no UTF-8 depends on the cuts.)
// with: lib/http/websocket.cc lib/http/fields.cc lib/crypto/digest.cc -lwslay -lcrypto
#include "lib/http/websocket.h"

#include <string>

#include "tests/fuzz/target.h"

namespace {
std::string read_frames(std::string_view in, bool whole) {
  http::websocket::Reader reader(64);
  std::string out;
  const size_t all = in.size();
  while (!in.empty()) {
    const std::string_view piece = whole ? in : fuzz_piece(in);
    in.remove_prefix(piece.size());
    reader.feed(piece);
    while (const auto m = reader.next()) {
      fuzz_expect(m->payload.size() <= 64);
      out += std::to_string(static_cast<int>(m->kind)) + m->payload + "|";
    }
  }
  fuzz_expect(reader.take_replies().size() <= all + 4);
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  fuzz_expect(read_frames(in, true) == read_frames(in, false));
  return 0;
}
