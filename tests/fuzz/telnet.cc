// The data is the same however the bytes are cut, and answers stay bounded by what came.
// with: tools/consoled/telnet.cc
#include "tools/consoled/telnet.h"

#include "tests/fuzz/target.h"

namespace {
std::string receive_all(std::string_view in, bool whole, std::string& replies) {
  consoled::Telnet telnet("vt100");
  std::string data;
  while (!in.empty()) {
    std::string piece(whole ? in : fuzz_piece(in));
    in.remove_prefix(piece.size());
    piece.resize(telnet.receive(piece));
    data += piece;
  }
  replies = telnet.replies();
  return data;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string replies, other;
  fuzz_expect(receive_all(fuzz_bytes(data, size), true, replies) ==
              receive_all(fuzz_bytes(data, size), false, other));
  fuzz_expect(replies == other && replies.size() <= 16 * size);
  return 0;
}
