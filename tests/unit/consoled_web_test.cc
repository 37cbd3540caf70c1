// The web face with real consoles and real sockets.
#include "tests/unit/consoled_web.h"

#include <fstream>
#include <string>

using help::Far;
using help::run_for;
using help::run_until;
using help_web::Web;
using http_help::from_client;

namespace {
std::string text(const std::string& json) {
  return from_client(0x81, json);
}
}  // namespace

TEST_CASE("web face: the page is built in, and the root leads to it") {
  Web w;
  CHECK(w.ask({.target = "/"}).fields.get("Location") == "/web/");
  const http::Answer page = w.ask({.target = "/web/"});
  CHECK(page.status == 200);
  CHECK(page.body.find("consoled.js") != std::string::npos);
  CHECK(page.fields.get("Content-Security-Policy").find("script-src 'self';") != std::string::npos);
  for (const char* file : {"consoled.js", "attach.js", "session.js", "base.css", "xterm/xterm.mjs",
                           "xterm/addon-fit.mjs", "xterm/xterm.css", "xterm/LICENSE"}) {
    CAPTURE(std::string(file));
    CHECK(w.ask({.target = base::cat("/web/", file)}).status == 200);
  }
  http::Question q{.target = "/web/xterm/xterm.mjs"};
  q.fields.add("Accept-Encoding", "gzip");
  const http::Answer packed = w.ask(q);
  CHECK(packed.fields.get("Content-Encoding") == "gzip");
  CHECK(packed.body.substr(0, 2) == "\x1f\x8b");
  CHECK(packed.body.size() < 200'000);
}

TEST_CASE("web face: a token is good for one session, and a session for a websocket") {
  Web w;
  CHECK(w.ask({.target = "/v1/session"}).status == 401);
  const std::string token = w.token();
  CHECK(w.sign_in("x" + token).status == 403);
  CHECK(w.sign_in(token).status == 201);
  CHECK(w.sign_in(token).status == 403);
  CHECK(w.ask({.method = "POST", .target = "/v1/session", .body = "{"}).status == 400);
  http::Question q{.target = "/v1/session"};
  q.fields.add("Cookie", w.cookie());
  CHECK(w.ask(q).body.find("\"user\":\"127.0.0.1:") != std::string::npos);
  q.method = "DELETE";
  CHECK(w.ask(q).status == 204);
  q.method = "GET";
  CHECK(w.ask(q).status == 401);
  Far none = w.socket("lineman=0");
  CHECK(run_until(w.house.loop, [&] { return none.has("401 Unauthorized"); }));
}

TEST_CASE("web face: misled browsers get nothing, programs come by any name") {
  Web w({.hosts = {"here"}});
  const auto status = [&](std::string_view host, std::string_view more) {
    Far far = w.connect();
    far.send(
        base::cat("GET /web/ HTTP/1.1\r\nHost: ", host, "\r\nConnection: close\r\n", more, "\r\n"));
    CHECK(run_until(w.house.loop, [&] { return far.at_end(); }));
    return far.got.substr(9, 3);
  };
  CHECK(status("evil.example", "User-Agent: Mozilla/5.0\r\n") == "421");
  CHECK(status("evil.example", "Origin: http://evil.example\r\n") == "421");
  CHECK(status("localhost", "Origin: http://evil.example\r\n") == "403");
  CHECK(status("here:80", "User-Agent: Mozilla/5.0\r\nOrigin: http://here:80\r\n") == "200");
  CHECK(status("any.name", "User-Agent: Go-http-client/1.1\r\n") == "200");
  Far cross = w.socket(w.cookie(), "Origin: http://evil.example\r\n");
  CHECK(run_until(w.house.loop, [&] { return cross.has("403 Forbidden"); }));
}

TEST_CASE("web face: a websocket types, sees the echo, and goes on where it was") {
  Web w;
  w.house.add("n1", "cat");
  const std::string cookie = w.cookie();
  Far a = w.socket(cookie);
  // All at once, as a quick client may.
  a.send(text(R"({"cmd":"attach","console":"n1","rows":30,"cols":90,"ref":7})") +
         from_client(0x82, "hello\r") + text(R"({"cmd":"resize","rows":31,"cols":91,"ref":8})"));
  CHECK(run_until(w.house.loop, [&] {
    const size_t echo = a.has("hello\r\n") ? a.got.find("hello") : a.got.size();
    return a.got.find("hello\r\n", echo + 1) != std::string::npos && a.has("\"ref\":8");
  }));
  CHECK(a.has("101 Switching Protocols"));
  CHECK(a.has("Sec-WebSocket-Protocol: lineman.v1\r\n"));
  const size_t at = a.got.find("{\"console\"");
  REQUIRE(at != std::string::npos);
  const auto answer = nlohmann::json::parse(a.got.substr(at, a.got.find('}', at) + 1 - at));
  CHECK(answer.at("ok") == true);
  CHECK(answer.at("ref") == 7);
  const consoled::Console& c = *w.house.consoles->find("n1");
  CHECK(c.size() == pty::Size{31, 91});
  CHECK(c.viewers().begin()->second.visitor().face == "web");
  const uint64_t head = c.tape()->ring().head();
  a.fd.reset();
  CHECK(run_until(w.house.loop, [&] { return c.viewers().empty(); }));
  Far b = w.socket(cookie);
  b.send(text(base::cat(R"({"cmd":"attach","console":"n1","from":{"epoch":)",
                        answer.at("epoch").get<int64_t>(), ",\"offset\":", head - 2, "}}")));
  CHECK(run_until(w.house.loop,
                  [&] { return b.got.ends_with("\x82\x02\r\n") || (b.read(), false); }));
  b.send(from_client(0x88, "\x03\xe8"));
  CHECK(run_until(w.house.loop, [&] { return b.at_end() && c.viewers().empty(); }));
  CHECK(run_until(w.house.loop, [&] { return w.server->connections() == 0; }));
}

TEST_CASE("web face: who pastes to a console that takes nothing is not asked for pongs meanwhile") {
  Web w({.between_pings = std::chrono::milliseconds(100)});
  const std::string go = w.dir / "go", out = w.dir / "out";
  consoled::Console& c = w.house.add("n1", base::cat("sh -c 'stty raw -echo; until [ -e ", go,
                                                     " ]; do sleep 0.05; done; cat >", out, "'"));
  CHECK(w.house.reaches(c, consoled::State::connected));
  Far a = w.socket(w.cookie());
  a.send(text(R"({"cmd":"attach","console":"n1"})"));
  for (int i = 0; i < 6; i++) a.send(from_client(0x82, std::string(30'000, 'p')));
  CHECK(run_until(w.house.loop, [&] {
    return c.viewers().size() == 1 && c.viewers().begin()->second.input_held();
  }));
  // Who gives no pong and is read from goes after two of them.
  Far b = w.socket(w.cookie());
  b.send(text(R"({"cmd":"attach","console":"n1"})"));
  CHECK(run_until(w.house.loop, [&] { return c.viewers().size() == 2 || b.at_end(); }));
  CHECK(run_until(w.house.loop, [&] { return b.at_end(); }));
  CHECK(c.viewers().size() == 1);
  std::ofstream(go).flush();
  CHECK(run_until(w.house.loop, [&] {
    const auto all = base::read_file(out, 1 << 20);
    return all && all->size() == 180'000;
  }));
}

TEST_CASE("web face: who only looks types nothing, and is told") {
  Web w;
  w.house.add("n1", "cat");
  Far a = w.socket(w.cookie());
  a.send(text(R"({"cmd":"attach","console":"n1","readonly":true})") + from_client(0x82, "hello\r") +
         text(R"({"cmd":"break"})"));
  CHECK(run_until(w.house.loop, [&] { return a.has("read-only: input dropped"); }));
  CHECK(run_until(w.house.loop, [&] { return a.has("this viewer only looks"); }));
  CHECK_FALSE(a.has("hello"));
}

TEST_CASE("web face: what is no attach is told so, and closed") {
  Web w;
  w.house.add("n1", "cat");
  const std::string cookie = w.cookie();
  for (const std::string& bad :
       {text("{}"), text("attach"), text(R"({"cmd":"attach","console":"none"})"),
        text(R"({"cmd":"attach","console":"n1","rows":0})"), from_client(0x82, "keys"),
        text(R"({"cmd":"attach","console":"n1","more":1})"),
        text(R"({"cmd":"resize","console":"n1"})")}) {
    Far far = w.socket(cookie);
    far.send(bad);
    CHECK(run_until(w.house.loop, [&] { return far.has("\"error\""); }));
    CHECK(w.house.consoles->find("n1")->viewers().empty());
  }
  Far wrong = w.socket(cookie);
  wrong.send("\x82\x01x");
  CHECK(run_until(w.house.loop, [&] { return wrong.at_end(); }));
  CHECK(run_until(w.house.loop, [&] { return w.server->connections() == 0; }));
}

TEST_CASE("web face: cloud-console's /ws is the bytes of the one console") {
  Web w({.raw_console = "n1"});
  consoled::Console& c = w.house.add("n1", "sh -c 'echo history; exec cat'");
  CHECK(
      run_until(w.house.loop, [&] { return c.tape() != nullptr && c.tape()->ring().head() > 0; }));
  Far a = w.socket("", "", "/ws", "");
  CHECK(run_until(w.house.loop, [&] { return a.has("history\r\n"); }));
  CHECK_FALSE(a.has("Sec-WebSocket-Protocol"));
  a.send(from_client(0x82, "he") + from_client(0x81, "llo\r"));
  CHECK(run_until(w.house.loop, [&] { return a.has("hello\r\n"); }));
  w.house.consoles->remove("n1");
  CHECK(run_until(w.house.loop, [&] { return a.has("\x88\x02\x03\xe9"); }));
  a.half_close();
  CHECK(run_until(w.house.loop, [&] { return a.at_end(); }));
  CHECK(run_until(w.house.loop, [&] { return w.server->connections() == 0; }));
  Far none = w.socket("", "", "/ws", "");
  CHECK(run_until(w.house.loop, [&] { return none.has("503 Service Unavailable"); }));
}

TEST_CASE("web face: goconserver's /session is the console port's protocol in base64") {
  base::Fd given;
  std::string who;
  Web w({.console_port = [&](base::Fd fd, const consoled::Visitor& visitor) {
    given = std::move(fd);
    who = visitor.address;
  }});
  Far a = w.socket("", "Origin: http://localhost\r\n", "/session", "tty");
  CHECK(run_until(w.house.loop, [&] { return static_cast<bool>(given); }));
  CHECK(a.has("Sec-WebSocket-Protocol: tty\r\n"));
  CHECK(who.starts_with("127.0.0.1:"));
  Far port(std::move(given));
  a.send(from_client(0x81, std::string("\0\0\0\x05", 4)) + from_client(0x81, "START"));
  CHECK(run_until(w.house.loop, [&] { return port.has(std::string_view("\0\0\0\x05START", 9)); }));
  port.send(std::string_view("\0\0\0\x0c{\"action\":4}", 16));
  CHECK(run_until(w.house.loop, [&] {
    return a.has(
        "\x81\x18"
        "AAAADHsiYWN0aW9uIjo0fQ==");
  }));
  a.fd.reset();
  CHECK(run_until(w.house.loop, [&] { return port.at_end(); }));
  port.fd.reset();
  CHECK(run_until(w.house.loop, [&] { return w.server->connections() == 0; }));
}

TEST_CASE(
    "web face: keys before a close arrive, also at /session, and the close is answered last") {
  base::Fd given;
  Web w({.console_port = [&](base::Fd fd, const consoled::Visitor&) { given = std::move(fd); }});
  Far a = w.socket("", "", "/session", "tty");
  CHECK(run_until(w.house.loop, [&] { return static_cast<bool>(given); }));
  Far port(std::move(given));
  // More than the sockets between take.
  std::string all;
  for (int i = 0; i < 20; i++) all += from_client(0x81, std::string(30'000, 'p'));
  all += from_client(0x88, "\x03\xe8");
  for (std::string_view rest = all; !rest.empty();) {
    const ssize_t n = ::write(a.fd.get(), rest.data(), rest.size());
    if (n > 0) rest.remove_prefix(static_cast<size_t>(n));
    if (n < 0) REQUIRE(errno == EAGAIN);
    // So much is taken that the end is sent, and no more.
    if (n < 0) port.read(4096);
    run_for(w.house.loop, std::chrono::milliseconds(1));
  }
  CHECK(run_until(w.house.loop,
                  [&] { return a.has("\x88\x02\x03\xe8") || (port.read(4096), false); }));
  a.fd.reset();
  CHECK(run_until(w.house.loop, [&] { return port.at_end(); }));
  CHECK(port.got.size() == 600'000);
  port.fd.reset();
  CHECK(run_until(w.house.loop, [&] { return w.server->connections() == 0; }));
}

TEST_CASE("web face: who pings and does not read is held back, and gets all its pongs") {
  base::Fd given;
  Web w({.console_port = [&](base::Fd fd, const consoled::Visitor&) { given = std::move(fd); }});
  std::string pings;
  for (int i = 0; i < 500; i++) pings += from_client(0x89, std::string(120, 'p'));
  constexpr size_t kMost = 32'000'000;  // the sockets take less than half of that
  // Sends until it is held back.
  const auto flood = [&](Far& far) {
    size_t sent = 0;
    for (int held = 0; held < 50 && sent < kMost; held++) {
      const size_t at = sent % pings.size();
      const ssize_t n = ::write(far.fd.get(), pings.data() + at, pings.size() - at);
      if (n > 0) sent += static_cast<size_t>(n);
      if (n > 0) held = 0;
      help::run_for(w.house.loop, std::chrono::milliseconds(1));
    }
    return sent;
  };
  Far before = w.socket(w.cookie());  // never attaches
  CHECK(run_until(w.house.loop, [&] { return before.has("\r\n\r\n"); }));
  CHECK(flood(before) < kMost);
  Far a = w.socket("", "", "/session", "tty");
  CHECK(run_until(w.house.loop, [&] { return given && a.has("\r\n\r\n"); }));
  a.got.clear();
  const size_t sent = flood(a);
  CHECK(sent < kMost);
  const size_t whole = sent / (pings.size() / 500);
  CHECK(run_until(w.house.loop, [&] {
    a.read();
    return a.got.size() >= whole * 122;
  }));
  CHECK(a.got.size() == whole * 122);
}

TEST_CASE("web face: a close in one piece with what is before it") {
  Web w;
  consoled::Console& c = w.house.add("n1", "cat");
  CHECK(w.house.reaches(c, consoled::State::connected));
  Far a = w.socket(w.cookie());
  a.send(text(R"({"cmd":"attach","console":"n1"})") + from_client(0x82, "hi\r") +
         from_client(0x88, "\x03\xe8"));
  CHECK(run_until(w.house.loop, [&] { return a.at_end(); }));
  CHECK(a.has("\"ok\":true"));
  CHECK(a.got.ends_with("\x88\x02\x03\xe8"));
  CHECK(run_until(w.house.loop, [&] { return c.viewers().empty(); }));
}

TEST_CASE("web face: a client that does not read /ws is held back, and costs no memory") {
  Web w({.raw_console = "n1"});
  consoled::Console& c = w.house.add("n1", "yes a-line-of-some-length");
  Far a = w.socket("", "", "/ws", "");
  CHECK(run_until(w.house.loop, [&] {
    return c.viewers().size() == 1 &&
           c.tape()->ring().tail() > c.viewers().begin()->second.cursor() + 1'000'000;
  }));
  CHECK(run_until(w.house.loop, [&] { return a.has("bytes skipped"); }));
}
