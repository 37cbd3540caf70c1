#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/http/router.h"
#include "lib/http/server.h"
#include "tests/unit/http_help.h"

using help::Far;
using help::run_until;
using http::ExchangePtr;
using http::response;
using http::Router;
using http::Server;
using http_help::get;
using http_help::House;
using std::chrono::milliseconds;

namespace {
size_t count(std::string_view in, std::string_view what) {
  size_t n = 0;
  for (size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) n++;
  return n;
}

void echo(const ExchangePtr& e) {
  e->respond(
      response(200, "text/plain",
               e->request().method + " " + e->request().path + " " + e->request().body + "\n"));
}

// Answers later, when it is told to.
struct Later {
  std::vector<ExchangePtr> open;
  http::Handler handler() {
    return [this](const ExchangePtr& e) { open.push_back(e); };
  }
};

http::Patience hurry() {
  http::Patience p;
  p.header = p.body = p.idle = p.stall = p.linger = milliseconds(50);
  return p;
}
}  // namespace

TEST_CASE("http: a request is answered, and the connection goes on") {
  House h(echo);
  Far c = h.client();
  CHECK(h.hears(c, get("/a"), "GET /a \n"));
  CHECK(c.has("HTTP/1.1 200 OK\r\nDate: "));
  CHECK(c.has("Content-Length: 8\r\n\r\n"));
  CHECK(h.hears(c, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", "POST /b hi\n"));
  CHECK(h.server->requests() == 2);
  CHECK(h.server->connections() == 1);
}

TEST_CASE("http: requests in a row are answered in order, also later") {
  Later later;
  House h(later.handler());
  Far c = h.client();
  c.send(get("/1") + get("/2") + get("/3"));
  for (int i = 1; i <= 3; i++) {
    REQUIRE(run_until(h.loop, [&] { return later.open.size() == 1; }));
    CHECK(later.open[0]->request().path == "/" + std::to_string(i));
    echo(later.open[0]);
    later.open.clear();
  }
  CHECK(run_until(h.loop, [&] { return c.has("GET /3"); }));
  CHECK(c.got.find("GET /1") < c.got.find("GET /2"));
  CHECK(c.got.find("GET /2") < c.got.find("GET /3"));
}

TEST_CASE("http: close, and a half-closed client, get their answer and the end") {
  House h(echo);
  Far a = h.client(), b = h.client();
  a.send(get("/a", "Connection: close\r\n"));
  CHECK(h.ends(a));
  CHECK(a.has("Connection: close\r\n"));
  CHECK(a.has("GET /a \n"));
  b.send(get("/b1") + get("/b2"));
  b.half_close();
  CHECK(h.ends(b));
  CHECK(b.has("GET /b2 \n"));
  a.fd.reset();
  CHECK(run_until(h.loop, [&] { return h.server->connections() == 0; }));
}

TEST_CASE("http: HTTP/1.0 closes unless it is asked to stay") {
  House h(echo);
  Far a = h.client(), b = h.client();
  a.send("GET /a HTTP/1.0\r\n\r\n");
  CHECK(h.ends(a));
  CHECK(a.has("GET /a \n"));
  CHECK(h.hears(b, "GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /b \n"));
  CHECK(b.has("Connection: keep-alive\r\n"));
  CHECK(h.hears(b, get("/c"), "GET /c \n"));
}

TEST_CASE("http: a HEAD gets the header of the answer alone") {
  House h(echo);
  Far c = h.client();
  CHECK(h.hears(c, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/y"), "GET /y \n"));
  CHECK(c.has("Content-Length: 9\r\n\r\nHTTP/1.1 200"));
}

TEST_CASE("http: who waits for 100-continue is asked to go on") {
  House h(echo);
  Far c = h.client();
  const std::string head =
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  CHECK(h.hears(c, head, "HTTP/1.1 100 Continue\r\n\r\n"));
  CHECK(h.hears(c, "abc", "POST / abc\n"));
  Far d = h.client();
  CHECK(h.hears(d, head + "abc", "POST / abc\n"));
  CHECK_FALSE(d.has("100 Continue"));
}

TEST_CASE("http: a refusal is read also by who is still sending, and late") {
  House h(echo, {.max_body = 1000});
  Far c = h.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
  std::string rest(2000000, 'x');
  std::string_view left = rest;
  CHECK(run_until(h.loop, [&] {
    const ssize_t n = ::send(c.fd.get(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) left.remove_prefix(static_cast<size_t>(n));
    return left.empty();
  }));
  CHECK(h.ends(c));
  CHECK(c.has("HTTP/1.1 413 Content Too Large\r\n"));
  CHECK(c.has(R"({"error":{"code":"too_large","message":"the body is longer than 1000 bytes"}})"));
  CHECK(c.error == 0);
}

TEST_CASE("http: an answer in pieces is chunked, held back by its reader, and ends") {
  struct Pieces {
    ExchangePtr e;
    size_t sent = 0;
    size_t most = 0;
    void push() {
      while (sent < 40000 && !e->full()) {
        e->write(std::string(100, 'x'));
        sent += 1;
        most = std::max<size_t>(most, 1);
      }
      if (sent == 40000) e->end();
      if (sent == 40000) e.reset();
    }
  } p;
  House h([&](const ExchangePtr& e) {
    p.e = e;
    e->on_room([&p] { p.push(); });
    e->begin(response(200, "text/plain", "first"));
    p.push();
  });
  Far c = h.client(4096);
  c.send(get("/"));
  help::run_for(h.loop, milliseconds(20));
  CHECK(p.sent < 30000);
  CHECK(run_until(h.loop, [&] {
    c.read();
    return c.got.ends_with("\r\n0\r\n\r\n");
  }));
  CHECK(count(c.got, "64\r\n" + std::string(100, 'x') + "\r\n") == 40000);
  CHECK(c.has("Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"));
  Far old = h.client();
  p.sent = 39999;
  old.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(h.ends(old));
  CHECK(old.got.ends_with("\r\n\r\nfirst" + std::string(100, 'x')));
}

TEST_CASE("http: what is dropped unanswered is a 500, and what was begun is cut off") {
  House h([](const ExchangePtr& e) {
    if (e->request().path == "/begun") e->begin(response(200, "text/plain", "some"));
  });
  Far a = h.client(), b = h.client();
  CHECK(h.hears(a, get("/"), "500 Internal Server Error"));
  b.send(get("/begun"));
  CHECK(h.ends(b));
  CHECK_FALSE(b.has("0\r\n\r\n"));
}

TEST_CASE("http: who answers learns that the client is gone, and may answer all the same") {
  Later later;
  House h(later.handler());
  bool gone = false;
  {
    Far c = h.client();
    c.send(get("/"));
    REQUIRE(run_until(h.loop, [&] { return later.open.size() == 1; }));
    later.open[0]->on_gone([&] { gone = true; });
    const linger hard{1, 0};  // a reset, not an end
    ::setsockopt(c.fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  CHECK(run_until(h.loop, [&] { return gone; }));
  CHECK(later.open[0]->gone());
  echo(later.open[0]);
  CHECK(run_until(h.loop, [&] { return h.server->connections() == 0; }));
}

TEST_CASE("http: an exchange may outlive its server") {
  Later later;
  {
    House h(later.handler());
    Far c = h.client();
    c.send(get("/"));
    REQUIRE(run_until(h.loop, [&] { return later.open.size() == 1; }));
  }
  CHECK(later.open[0]->gone());
  echo(later.open[0]);
}

TEST_CASE("http: the slow ones are told, or left") {
  House h(echo, {.patience = hurry()});
  Far silent = h.client(), slow = h.client(), body = h.client(), idle = h.client();
  slow.send("GET / HTTP/1.1\r\n");
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  CHECK(h.hears(idle, get("/"), "GET / \n"));
  const base::Time start = base::Clock::now();
  // A byte now and then does not help.
  CHECK(run_until(h.loop, [&] {
    static_cast<void>(::send(slow.fd.get(), "X", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
    return silent.at_end() && slow.at_end() && body.at_end() && idle.at_end();
  }));
  CHECK(base::Clock::now() - start < std::chrono::seconds(10));
  CHECK(silent.got.empty());
  CHECK(slow.has("408 Request Timeout"));
  CHECK(body.has("the body did not come in time"));
}

TEST_CASE(
    "http: a client that takes nothing of its answer is left, one that takes a little is not") {
  const std::string big(4 << 20, 'x');
  http::Patience p = hurry();
  p.stall = milliseconds(1000);
  House h([&](const ExchangePtr& e) { e->respond(response(200, "text/plain", big)); },
          {.patience = p});
  Far stalled = h.client(4096), slow = h.client(4096);
  stalled.send(get("/"));
  slow.send(get("/"));
  CHECK(run_until(h.loop, [&] {
    slow.read(30000);
    return h.server->connections() == 1;
  }));
  CHECK(run_until(h.loop, [&] {
    slow.read();
    return slow.got.size() > big.size();
  }));
  CHECK(slow.error == 0);
}

TEST_CASE("http: a client that does not read is not read from") {
  const std::string big(64 << 10, 'x');
  House h([&](const ExchangePtr& e) { e->respond(response(200, "text/plain", big)); });
  Far c = h.client(4096);
  std::string many;
  for (int i = 0; i < 1000000; i++) many += get("/");
  std::string_view left = many;
  help::run_until(h.loop, [&, end = base::Clock::now() + milliseconds(300)] {
    const ssize_t n = ::send(c.fd.get(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) left.remove_prefix(static_cast<size_t>(n));
    return base::Clock::now() > end;
  });
  CHECK(!left.empty());
  CHECK(h.server->requests() < 200);
}

TEST_CASE("http: connections are counted, in all and per peer") {
  House h(echo, {.max_connections = 3, .per_peer = 2});
  Far a = h.client(), b = h.client();
  CHECK(h.hears(a, get("/"), "GET"));
  CHECK(h.hears(b, get("/"), "GET"));
  {
    Far c = h.client();
    CHECK(h.ends(c));
    CHECK(h.server->refused() == 1);
  }
  a.fd.reset();
  CHECK(run_until(h.loop, [&] { return h.server->connections() == 1; }));
  Far d = h.client();
  CHECK(h.hears(d, get("/"), "GET"));
}

TEST_CASE("http: who is not admitted is closed") {
  House h(echo, {.admit = [](int) { return false; }});
  Far c = h.client();
  CHECK(h.ends(c));
  CHECK(c.got.empty());
}

TEST_CASE(
    "http: an upgraded connection is handed over with what came behind, and keeps its place") {
  http::Upgraded taken;
  std::string got;
  House h([&](const ExchangePtr& e) {
    http::Fields f;
    f.add("Upgrade", "echo");
    f.add("Connection", "Upgrade");
    e->upgrade(f, [&](http::Upgraded u) {
      got = u.rest;
      u.stream->set_events(
          {.data = [&](std::string_view b) { got += b; }, .end = {}, .low_water = {}});
      taken = std::move(u);
    });
  });
  Far c = h.client();
  CHECK(h.hears(c, get("/", "Upgrade: echo\r\nConnection: Upgrade\r\n") + "one", "101 Switching"));
  REQUIRE(run_until(h.loop, [&] { return taken.stream != nullptr; }));
  c.send(" two");
  CHECK(run_until(h.loop, [&] { return got == "one two"; }));
  taken.stream->send("back");
  CHECK(run_until(h.loop, [&] { return c.has("Connection: Upgrade\r\n\r\nback"); }));
  CHECK(h.server->connections() == 1);
  taken = {};
  CHECK(h.server->connections() == 0);
}

namespace {
std::string routed(Router& router, std::string_view method, std::string_view target) {
  House h([&](const ExchangePtr& e) { router.answer(e); });
  Far c = h.client();
  c.send(base::cat(method, " ", target, " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  CHECK(h.ends(c));
  return c.got;
}
}  // namespace

TEST_CASE("http: the router finds by method and path, and says what there is") {
  Router router(true);
  const auto say = [](std::string what) {
    return [what](const ExchangePtr& e, const http::Parameters& p) {
      e->respond(response(200, "text/plain", what + ":" + std::string(p.get("node")) + "." + "\n"));
    };
  };
  router.add("GET", "/", say("root"));
  router.add("GET", "/nodes", say("list"));
  router.add("POST", "/nodes", say("create"));
  router.add("GET", "/nodes/{node}", say("show"));
  router.add("*", "/any/{node}/x", say("any"));
  router.add("GET", "/files/{node...}", say("file"));
  CHECK(routed(router, "GET", "/").ends_with("root:.\n"));
  CHECK(routed(router, "GET", "/nodes?x=1").ends_with("list:.\n"));
  CHECK(routed(router, "POST", "/nodes").ends_with("create:.\n"));
  CHECK(routed(router, "GET", "/nodes/n%201").ends_with("show:n 1.\n"));
  CHECK(routed(router, "BREW", "/any/y/x").ends_with("any:y.\n"));
  CHECK(routed(router, "GET", "/files/a/b/c").ends_with("file:a/b/c.\n"));
  CHECK(count(routed(router, "HEAD", "/nodes"), "Content-Length: 7\r\n") == 1);
  CHECK(routed(router, "GET", "/other").find("404 Not Found") != std::string::npos);
  CHECK(routed(router, "OPTIONS", "*").find("404 Not Found") != std::string::npos);
  const std::string wrong = routed(router, "DELETE", "/nodes");
  CHECK(count(wrong, "405 Method Not Allowed") == 1);
  CHECK(count(wrong, "Allow: GET, POST\r\n") == 1);
  const std::string slash = routed(router, "GET", "/nodes/n%201/?a=b");
  CHECK(count(slash, "301 Moved Permanently") == 1);
  CHECK(count(slash, "Location: /nodes/n%201?a=b\r\n") == 1);
  CHECK(routed(router, "GET", "//nodes/").find("404") != std::string::npos);
  router.add("GET", "/{node...}", say("rest"));
  CHECK(routed(router, "GET", "/nodes/").find("Location: /nodes\r\n") != std::string::npos);
  CHECK(routed(router, "POST", "/nodes/").find("Location: /nodes\r\n") != std::string::npos);
  CHECK(routed(router, "GET", "/other/").ends_with("rest:other/.\n"));
  CHECK(routed(router, "GET", "/files/").ends_with("file:.\n"));
  CHECK(routed(router, "GET", "/").ends_with("root:.\n"));
}

TEST_CASE("http: nobody's text adds a field to an answer") {
  House h([](const ExchangePtr& e) { e->respond(http::redirect(302, "/a\r\nSet-Cookie: x=y")); });
  Far c = h.client();
  CHECK(h.hears(c, get("/"), "Location: /aSet-Cookie: x=y\r\n"));
}

TEST_CASE("http: an error says what it has to, whatever that is") {
  CHECK(http::error_response(400, "bad", "a\"b\\c\n\x80").body ==
        "{\"error\":{\"code\":\"bad\",\"message\":\"a\\\"b\\\\c\\u000a?\"}}\n");
}

TEST_CASE("http: the date is what RFC 9110 wants") {
  CHECK(http::date_text(1795228800) == "Sat, 21 Nov 2026 02:40:00 GMT");
}
