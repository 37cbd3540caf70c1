#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "lib/http/client.h"
#include "tests/unit/http_help.h"

using http::Answer;
using http::Client;
using http::ExchangePtr;
using http::response;
using http_help::House;

namespace {
using Got = std::optional<base::Result<Answer>>;

struct Asker {
  explicit Asker(net::Loop& l, base::Fd fd)
      : loop(l),
        client(l, std::make_unique<net::Stream>(l, std::move(fd), net::Stream::Events{}),
               "localhost") {}
  base::Result<Answer> ask(const http::Question& q, base::Duration patience = help::kPatience,
                           const Client::Piece& piece = nullptr) {
    Got got;
    client.ask(
        q, base::Clock::now() + patience, [&](base::Result<Answer> a) { got = std::move(a); },
        piece);
    CHECK(help::run_until(loop, [&] { return got.has_value(); }));
    return got ? std::move(*got) : base::Result<Answer>(base::Error{});
  }
  net::Loop& loop;
  Client client;
};

base::Fd connected(House& h) {
  base::Fd fd = std::move(h.client().fd);
  base::set_nonblocking(fd.get(), true);
  return fd;
}
}  // namespace

TEST_CASE("http client: asks, and asks again on the same connection") {
  House h([](const ExchangePtr& e) {
    const http::Request& r = e->request();
    e->respond(response(
        r.path == "/no" ? 404 : 200, "text/plain",
        base::cat(r.method, " ", r.path, " ", r.body, " ", r.fields.get("X"), " ", r.host)));
  });
  Asker a(h.loop, connected(h));
  http::Question q{.target = "/a%20b"};
  q.fields.add("X", "y");
  auto r = a.ask(q);
  REQUIRE(r);
  CHECK(r->status == 200);
  CHECK(r->body == "GET /a b  y localhost");
  r = a.ask({.method = "POST", .target = "/no", .body = "some"});
  REQUIRE(r);
  CHECK(r->status == 404);
  CHECK(r->body == "POST /no some  localhost");
  r = a.ask({.method = "HEAD", .target = "/"});
  REQUIRE(r);
  CHECK(r->body.empty());
  CHECK(a.client.usable());
  CHECK(h.server->requests() == 3);
}

TEST_CASE("http client: takes a long answer in pieces") {
  House h([](const ExchangePtr& e) {
    e->begin(response(200, "text/plain", ""));
    for (int i = 0; i < 1000; i++) e->write(std::string(1000, 'x'));
    e->end();
  });
  Asker a(h.loop, connected(h));
  size_t bytes = 0, pieces = 0;
  const auto r =
      a.ask({.target = "/"}, help::kPatience, [&](const Answer& head, std::string_view b) {
        CHECK(head.status == 200);
        bytes += b.size();
        pieces++;
      });
  REQUIRE(r);
  CHECK(bytes == 1000000);
  CHECK(pieces > 1);
  CHECK(r->body.empty());
  CHECK(a.client.usable());
}

TEST_CASE("http client: no answer, a late one, a long one and a cut one are errors") {
  House h([](const ExchangePtr& e) {
    static std::vector<ExchangePtr> never;
    if (e->request().path == "/never") never.push_back(e);
    if (e->request().path == "/long")
      e->respond(response(200, "text/plain", std::string(101, 'x')));
    if (e->request().path == "/cut") e->begin(response(200, "text/plain", "some"));
    if (e->request().path == "/end") never.clear();
  });
  Asker late(h.loop, connected(h)), big(h.loop, connected(h)), cut(h.loop, connected(h));
  const auto timed_out = late.ask({.target = "/never"}, std::chrono::milliseconds(20));
  REQUIRE_FALSE(timed_out);
  CHECK(timed_out.error().code == base::Errc::timeout);
  CHECK_FALSE(late.client.usable());
  const auto after = late.ask({.target = "/"});
  REQUIRE_FALSE(after);
  CHECK(after.error().code == base::Errc::closed);
  const auto too_big = big.ask({.target = "/long", .max_body = 100});
  REQUIRE_FALSE(too_big);
  CHECK(too_big.error().what == "the answer: its body is longer than 100 bytes");
  const auto half = cut.ask({.target = "/cut"});
  REQUIRE_FALSE(half);
  CHECK(half.error().what == "the answer: it was cut off");
  Asker end(h.loop, connected(h));
  CHECK(end.ask({.target = "/end"})->status == 500);
}
