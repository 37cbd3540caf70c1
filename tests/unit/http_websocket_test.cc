#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/http/origin.h"
#include "lib/http/websocket.h"
#include "tests/unit/http_help.h"

using http::Request;
using http::websocket::Kind;
using http::websocket::Message;
using http::websocket::Reader;
using http_help::from_client;

namespace {
Request upgrade() {
  Request r;
  r.method = "GET";
  r.fields.add("Connection", "keep-alive, Upgrade");
  r.fields.add("Upgrade", "WebSocket");
  r.fields.add("Sec-WebSocket-Version", "13");
  r.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  return r;
}

struct Outcome {
  std::vector<std::string> messages;  // "1:text", "2:bytes"
  std::string replies;
  bool over = false;
};

Outcome read(std::string_view in, size_t piece = SIZE_MAX, size_t max = 100) {
  Reader reader(max);
  Outcome out;
  while (!in.empty()) {
    reader.feed(in.substr(0, piece));
    in.remove_prefix(std::min(piece, in.size()));
    while (const auto m = reader.next()) {
      out.messages.push_back(std::to_string(static_cast<int>(m->kind)) + ":" + m->payload);
    }
  }
  out.replies = reader.take_replies();
  out.over = reader.over();
  return out;
}

std::string close_of(unsigned code) {
  return {static_cast<char>(code >> 8U), static_cast<char>(code & 255U)};
}
}  // namespace

TEST_CASE("websocket: the handshake of RFC 6455") {
  const auto h = http::websocket::handshake(upgrade(), {});
  REQUIRE_FALSE(h.problem);
  CHECK(h.fields.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(h.fields.get("Upgrade") == "websocket");
  CHECK(h.fields.count("Sec-WebSocket-Protocol") == 0);
}

TEST_CASE("websocket: the first protocol of ours that is offered is chosen") {
  Request r = upgrade();
  r.fields.add("Sec-WebSocket-Protocol", "other, tty");
  const auto h = http::websocket::handshake(r, {"lineman.v1", "tty"});
  CHECK(h.protocol == "tty");
  CHECK(h.fields.get("Sec-WebSocket-Protocol") == "tty");
  CHECK(http::websocket::handshake(r, {"lineman.v1"}).protocol.empty());
}

TEST_CASE("websocket: what is no handshake is refused") {
  Request r = upgrade();
  r.method = "POST";
  CHECK(http::websocket::handshake(r, {}).problem->status == 400);
  r = upgrade();
  r.version = 10;
  CHECK(http::websocket::handshake(r, {}).problem->status == 400);
  r = {};
  r.method = "GET";
  CHECK(http::websocket::handshake(r, {}).problem->message == "not websocket protocol");
  r = upgrade();
  r.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  CHECK(http::websocket::handshake(r, {}).problem->status == 400);
  r.fields = {};
  r.fields.add("Connection", "Upgrade");
  r.fields.add("Upgrade", "websocket");
  r.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  const auto old = http::websocket::handshake(r, {});
  CHECK(old.problem->status == 426);
  CHECK(old.fields.get("Sec-WebSocket-Version") == "13");
}

TEST_CASE("websocket: messages come whole, however they are cut or joined") {
  const std::string in = from_client(0x82, "keys") + from_client(0x01, "te") +
                         from_client(0x89, "ping") + from_client(0x80, "xt") +
                         from_client(0x82, "");
  for (size_t piece = 1; piece <= in.size(); piece++) {
    const Outcome out = read(in, piece);
    CHECK(out.messages == std::vector<std::string>{"2:keys", "1:text", "2:"});
    CHECK(out.replies == "\x8a\x04ping");
    CHECK_FALSE(out.over);
  }
}

TEST_CASE("websocket: what breaks the rules is answered with a close, and is the end") {
  struct Bad {
    const char* name;
    std::string in;
    unsigned code;
  };
  const std::vector<Bad> all{
      {"not masked", "\x82\x01x", 1002},
      {"a reserved bit", from_client(0xc2, "x"), 1002},
      {"an unknown kind", from_client(0x83, "x"), 1002},
      {"too long", from_client(0x82, std::string(101, 'x')), 1009},
      {"a huge claim", from_client(0x82, "x", size_t{1} << 40U), 1009},
      {"a negative claim", from_client(0x82, "x", size_t{1} << 63U), 1002},
      {"too long in pieces",
       from_client(0x02, std::string(60, 'x')) + from_client(0x80, std::string(60, 'x')), 1009},
      {"no UTF-8", from_client(0x81, "\xff\xfe"), 1007},
      {"a cut ping", from_client(0x09, "x"), 1002},
      {"a long ping", from_client(0x89, std::string(126, 'x')), 1002},
      {"a piece without a start", from_client(0x80, "x"), 1002},
      {"a start within pieces", from_client(0x02, "x") + from_client(0x82, "y"), 1002},
  };
  for (const Bad& bad : all) {
    CAPTURE(std::string(bad.name));
    for (const size_t piece : {1U, 3U, 1000U}) {
      const Outcome out = read(bad.in + from_client(0x82, "after"), piece);
      CHECK(out.over);
      CHECK(out.messages.empty());
      CHECK(out.replies.substr(0, 1) == "\x88");
      // wslay says no reason for faults in a frame's header.
      const std::string code = out.replies.substr(2, 2);
      CHECK((code == close_of(bad.code) || (bad.code == 1002 && code.empty())));
    }
  }
}

TEST_CASE("websocket: a close is answered with its own code") {
  const Outcome out = read(from_client(0x88, close_of(1000) + "bye") + from_client(0x82, "after"));
  CHECK(out.over);
  CHECK(out.messages.empty());
  CHECK(out.replies.substr(2, 2) == close_of(1000));
}

TEST_CASE("websocket: frames have the shortest header") {
  CHECK(http::websocket::frame(Kind::binary, "ab") ==
        "\x82\x02"
        "ab");
  CHECK(http::websocket::frame(Kind::text, std::string(126, 'x')).substr(0, 4) ==
        std::string("\x81\x7e\x00\x7e", 4));
  CHECK(http::websocket::frame(Kind::text, std::string(65536, 'x')).substr(0, 10) ==
        std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  CHECK(http::websocket::close_frame(1001, std::string(200, 'x')).size() == 127);
  const std::string most(122, 'x');
  CHECK(http::websocket::close_frame(1001, most + "\u00e9").ends_with("xx"));
  CHECK(http::websocket::close_frame(1001, most.substr(1) + "\u00e9").ends_with("x\u00e9"));
}

TEST_CASE("a Host is an address, localhost, or a name that was given") {
  Request r;
  const std::vector<std::string> names{"console.example.com"};
  for (const char* good : {"localhost", "LOCALHOST:1", "127.0.0.1:12429", "[::1]:80", "[::1]",
                           "Console.example.com:443"}) {
    r.host = good;
    CHECK(http::host_allowed(r, names));
  }
  for (const char* bad : {"", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example",
                          "[::1", "[x]", "1.2.3"}) {
    r.host = bad;
    CHECK_FALSE(http::host_allowed(r, names));
  }
}

TEST_CASE("an Origin is this very host, or there is none") {
  Request r;
  r.host = "localhost:8080";
  CHECK(http::same_origin(r));
  for (const char* good : {"http://localhost:8080", "https://LOCALHOST:8080"}) {
    r.fields = {};
    r.fields.add("Origin", good);
    CHECK(http::same_origin(r));
  }
  for (const char* bad : {"null", "", "http://localhost", "http://evil.example", "localhost:8080",
                          "http://localhost:8080.evil.example", "file://localhost:8080"}) {
    r.fields = {};
    r.fields.add("Origin", bad);
    CHECK_FALSE(http::same_origin(r));
  }
}

TEST_CASE("a browser shows that it is one") {
  Request r;
  r.fields.add("User-Agent", "Go-http-client/1.1");
  CHECK_FALSE(http::from_browser(r));
  for (const char* name : {"Origin", "Sec-Fetch-Site", "Referer"}) {
    r.fields = {};
    r.fields.add(name, "x");
    CHECK(http::from_browser(r));
  }
  r.fields = {};
  r.fields.add("User-Agent", "Mozilla/5.0 (X11)");
  CHECK(http::from_browser(r));
}
