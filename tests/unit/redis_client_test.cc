#include "lib/redis/client.h"
#include "tests/unit/redis_help.h"

using base::Errc;
using base::Result;
using help::RedisServer;
using help::run_until;
using help::Told;
using redis::Client;
using redis::Reply;

namespace {

// A client on its own loop that has become ready.
struct Connected {
  explicit Connected(const redis::Target& target)
      : client(loop, redis::connector(target), redis::login_of(target), told.events()) {
    REQUIRE(run_until(loop, [&] { return client.ready(); }));
  }
  // The answer to one command, as text.
  std::string ask(const std::vector<std::string_view>& argv) {
    std::string out;
    bool done = false;
    client.command(argv, [&](const Result<Reply>& r) {
      out = RedisServer::text_of(r);
      done = true;
    });
    REQUIRE(run_until(loop, [&] { return done; }));
    return out;
  }

  net::Loop loop;
  Told told;
  Client client;
};

}  // namespace

TEST_CASE("a hundred thousand commands at once are answered in their order") {
  const RedisServer server;
  Connected c(server.target());
  constexpr int64_t kMany = 100000;
  int64_t answers = 0, in_order = 0;
  for (int64_t i = 1; i <= kMany; i++) {
    c.client.command({"INCR", "n"}, [&](const Result<Reply>& r) {
      answers++;
      if (r && r->integer == answers) in_order++;
    });
  }
  CHECK(c.client.awaited() == kMany);
  CHECK(c.client.full());
  REQUIRE(run_until(c.loop, [&] { return answers == kMany; }));
  CHECK(in_order == kMany);
  CHECK(c.told.low_water > 0);
  CHECK_FALSE(c.client.full());
}

TEST_CASE("payloads are any bytes, also empty ones and a megabyte") {
  const RedisServer server;
  Connected c(server.target());
  std::string every;
  for (int i = 0; i < 256; i++) every += static_cast<char>(i);
  std::string big;
  while (big.size() < 1 << 20) big += every;
  for (const std::string& bytes : {every, std::string(), std::string("\r\n$-1\r\n"), big}) {
    CHECK(c.ask({"SET", "k", bytes}) == "OK");
    const bool same = c.ask({"GET", "k"}) == bytes;
    CHECK(same);
  }
}

TEST_CASE("answers are nil, numbers, texts, errors, and lists of them") {
  const RedisServer server;
  Connected c(server.target());
  std::vector<Reply> got;
  const auto keep = [&](const Result<Reply>& r) { got.push_back(r ? *r : Reply()); };
  c.client.command({"GET", "nothing"}, keep);
  c.client.command({"INCR", "n"}, keep);
  c.client.command({"NOSUCH"}, keep);
  c.client.command({"EVAL", "return {1,'two',{3,{}},redis.status_reply('S')}", "0"}, keep);
  c.client.command({"PING"}, nullptr);
  c.client.command({"EVAL", "return redis.error_reply('BAD luck')", "0"}, keep);
  REQUIRE(run_until(c.loop, [&] { return got.size() == 5; }));
  CHECK(got[0].is_nil());
  CHECK(got[1].integer == 1);
  CHECK(got[2].error_word() == "ERR");
  REQUIRE(got[3].items.size() == 4);
  CHECK(got[3].items[0].integer == 1);
  CHECK(got[3].items[1].text == "two");
  CHECK(got[3].items[2].items[0].integer == 3);
  CHECK(got[3].items[2].items[1].kind == Reply::Kind::list);
  CHECK(got[3].items[3].kind == Reply::Kind::status);
  CHECK(got[4].text == "BAD luck");
}

TEST_CASE("Redis killed with commands on their way: each is told so once, and it connects again") {
  RedisServer server;
  Connected c(server.target());
  constexpr int kMany = 20000;
  std::vector<int> told(kMany);
  int good = 0, closed = 0, other = 0;
  for (int i = 0; i < kMany; i++) {
    c.client.command({"SET", "k", "v"}, [&, i](const Result<Reply>& r) {
      told[static_cast<size_t>(i)]++;
      (r ? good : r.error().code == Errc::closed ? closed : other)++;
      if (good == 100) server.kill();
    });
  }
  REQUIRE(run_until(c.loop, [&] { return good + closed + other == kMany; }));
  CHECK(good >= 100);
  CHECK(closed > 0);
  CHECK(other == 0);
  CHECK(std::all_of(told.begin(), told.end(), [](int n) { return n == 1; }));
  CHECK(c.told.lost == 1);
  CHECK_FALSE(c.client.ready());
  CHECK(c.ask({"PING"}) == "!not connected to Redis");
  server.start();
  REQUIRE(run_until(c.loop, [&] { return c.client.ready(); }));
  CHECK(c.told.ready == 2);
  CHECK(c.client.connections() == 2);
  CHECK(c.ask({"PING"}) == "PONG");
}

TEST_CASE("nobody there: it is told why, and tried again") {
  const help::Folder folder;
  net::Loop loop;
  Told told;
  redis::Target t;
  t.path = folder / "s";
  Client client(loop, redis::connector(t), {}, told.events());
  REQUIRE(run_until(loop, [&] { return told.lost == 2; }));
  CHECK(told.why == t.path + ": No such file or directory");
  CHECK(told.ready == 0);
}
