// The requests, and the status of a refusal, are the same however the bytes are cut; a path that
// came through begins at the root and climbs nowhere.
// with: lib/http/parser.cc lib/http/body.cc lib/http/target.cc lib/http/fields.cc
#include <string>
#include <vector>

#include "lib/http/parser.h"
#include "tests/fuzz/target.h"

namespace {
std::vector<std::string> read_http(std::string_view in, bool whole) {
  http::RequestParser parser(100);
  std::vector<std::string> out;
  while (!in.empty()) {
    const std::string_view piece = whole ? in : fuzz_piece(in);
    in.remove_prefix(piece.size());
    parser.feed(piece);
    for (http::Step step = parser.step(); step != http::Step::more; step = parser.step()) {
      if (step == http::Step::head) continue;
      if (step == http::Step::refused) out.push_back(std::to_string(parser.problem().status));
      if (step == http::Step::refused) return out;
      const http::Request r = parser.take();
      fuzz_expect(r.path == "*" || r.path.front() == '/');
      fuzz_expect((r.path + "/").find("/../") == std::string::npos && r.body.size() <= 100);
      out.push_back(r.method + r.path + r.body + r.host + std::to_string(r.fields.size()));
    }
  }
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  fuzz_expect(read_http(in, true) == read_http(in, false));
  return 0;
}
