// A websocket's attach: whatever it asks for, the stream begins within what there is, and what is
// answered can be read; a refusal says why. The input is the request, or frames that carry it.
// with: lib/peer/attach.cc lib/http/websocket.cc lib/http/fields.cc lib/crypto/digest.cc
// with: -lwslay -lcrypto
#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "lib/http/websocket.h"
#include "lib/peer/attach.h"
#include "lib/wire/json.h"
#include "tests/fuzz/target.h"

namespace {
constexpr std::array kSeen = {peer::Seen{}, peer::Seen{7, 100, 120, 400},
                              peer::Seen{7, 0, 0, uint64_t{1} << 40}};

void check_start(const peer::Attach& asked, const peer::Seen& seen) {
  const peer::Start start = peer::start_of(asked, seen);
  fuzz_expect(start.offset >= seen.tail && start.offset <= seen.head);
  fuzz_expect(start.skipped <= start.offset);
  const auto answer = wire::parse(wire::dump(peer::attach_answer(1, seen, start)));
  fuzz_expect(answer && answer->at("offset") == start.offset);
}

void attach(std::string_view text) {
  const auto request = wire::parse(text);
  if (!request) return fuzz_expect(!request.error().what.empty());
  wire::Object o(*request, "attach");
  const std::string cmd = o.need_string("cmd"), console = o.need_string("console");
  static_cast<void>(o.opt_any("ref"));
  const auto asked = peer::take_attach(o);
  if (!asked) return fuzz_expect(!asked.error().what.empty());
  fuzz_expect(request->is_object() && request->at("cmd") == cmd);
  fuzz_expect(!asked->window || (asked->window->rows > 0 && asked->window->columns > 0));
  for (const peer::Seen& seen : kSeen) check_start(*asked, seen);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view in = fuzz_bytes(data, size);
  attach(in);
  http::websocket::Reader reader(size_t{64} * 1024);
  while (!in.empty()) {
    const std::string_view piece = fuzz_piece(in);
    in.remove_prefix(piece.size());
    reader.feed(piece);
    while (const auto message = reader.next()) {
      if (message->kind == http::websocket::Kind::text) attach(message->payload);
    }
  }
  return 0;
}
