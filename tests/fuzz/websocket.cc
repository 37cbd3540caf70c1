// The messages, and the replies until the end, are the same however the bytes are cut. (What wslay
// finds wrong with the reason of a close may differ.)
// with: lib/http/websocket.cc lib/http/fields.cc lib/crypto/digest.cc -lwslay -lcrypto
#include "lib/http/websocket.h"

#include <string>

#include "tests/fuzz/target.h"

namespace {
std::string read_frames(std::string_view in, bool whole) {
  http::websocket::Reader reader(64);
  std::string out;
  while (!in.empty()) {
    const std::string_view piece = whole ? in : fuzz_piece(in);
    in.remove_prefix(piece.size());
    reader.feed(piece);
    while (const auto m = reader.next()) {
      fuzz_expect(m->payload.size() <= 64);
      out += std::to_string(static_cast<int>(m->kind)) + m->payload + "|";
    }
  }
  return out + (reader.over() ? "over" : reader.take_replies());
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  fuzz_expect(read_frames(in, true) == read_frames(in, false));
  return 0;
}
