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

// ---- Logging in

TEST_CASE("a user, a password, a database: all of them before the first command") {
  const RedisServer server;
  CHECK(server.ask({"ACL", "SETUSER", "me", "on", ">sesame", "~*", "+@all"}) == "OK");
  redis::Target t = server.target();
  t.user = "me";
  t.password = "sesame";
  t.database = 3;
  Connected c(t);
  CHECK(c.ask({"ACL", "WHOAMI"}) == "me");
  CHECK(c.ask({"CLIENT", "INFO"}).find(" db=3 ") != std::string::npos);
}

TEST_CASE("a password alone is the default user's") {
  const RedisServer server({"--requirepass", "sesame"});
  redis::Target t = server.target();
  t.password = "sesame";
  CHECK(Connected(t).ask({"ACL", "WHOAMI"}) == "default");
}

TEST_CASE("a user who may nothing but one command is logged in") {
  const RedisServer server;
  server.ask({"ACL", "SETUSER", "me", "on", ">p", "~*", "+get"});
  redis::Target t = server.target();
  t.user = "me";
  t.password = "p";
  Connected c(t);
  CHECK(c.ask({"GET", "k"}).empty());
  CHECK(c.ask({"SET", "k", "v"}).starts_with("NOPERM "));
}

TEST_CASE("a refused login is told with the server's words, and tried again slowly") {
  const RedisServer server({"--requirepass", "sesame"});
  const auto why = [&](const std::string& user, const std::string& password, int database = 0) {
    redis::Target t = server.target();
    t.user = user;
    t.password = password;
    t.database = database;
    net::Loop loop;
    Told told;
    Client client(loop, redis::connector(t), redis::login_of(t), told.events());
    REQUIRE(run_until(loop, [&] { return told.lost == 1; }));
    CHECK(told.code == Errc::denied);
    CHECK(told.ready == 0);
    help::run_for(loop, std::chrono::milliseconds(300));
    CHECK(told.lost == 1);
    CHECK_FALSE(client.ready());
    return told.why;
  };
  CHECK(why("", "").find("login refused: NOAUTH ") == 0);
  CHECK(why("", "wrong").find("login refused: WRONGPASS ") == 0);
  CHECK(why("nobody", "sesame").find("login refused: WRONGPASS ") == 0);
  CHECK(why("", "sesame", 77) == "login refused: ERR DB index is out of range");
}

TEST_CASE("a server that quotes what it was sent does not bring the password into a message") {
  const RedisServer server({"--rename-command", "AUTH", "GATE"});
  redis::Target t = server.target();
  t.password = "sesame";
  net::Loop loop;
  Told told;
  Client client(loop, redis::connector(t), redis::login_of(t), told.events());
  REQUIRE(run_until(loop, [&] { return told.lost == 1; }));
  CHECK(told.why.find("unknown command") != std::string::npos);
  CHECK(told.why.find("sesame") == std::string::npos);
}

TEST_CASE("a server that loads its data is waited for, and that is told once") {
  RedisServer server({"--appendonly", "yes", "--loading-process-events-interval-bytes", "1024"});
  const auto made = server.ask(
      {"EVAL", "for i = 1, 2000 do redis.call('SET', 'k' .. i, string.rep('x', 100)) end", "0"});
  CHECK(made.empty());
  server.kill();
  server.add_options({"--key-load-delay", "500"});
  server.start();
  Told told;
  net::Loop loop;
  Client client(loop, redis::connector(server.target()), {}, told.events());
  REQUIRE(run_until(loop, [&] { return told.lost == 1; }));
  CHECK(told.code == Errc::busy);
  CHECK(told.why.starts_with("LOADING "));
  REQUIRE(run_until(loop, [&] { return client.ready(); }));
  CHECK(told.lost == 1);
  CHECK(server.ask({"DBSIZE"}) == "2000");
}

// ---- What a server says, and how it goes

TEST_CASE("what a full Redis says passes through") {
  const RedisServer server({"--maxmemory", "1mb"});
  Connected c(server.target());
  CHECK(c.ask({"SET", "k", std::string(2 << 20, 'x')}).starts_with("OOM "));
  CHECK(c.ask({"PING"}) == "PONG");
}

TEST_CASE("one client blocks while the other works") {
  const RedisServer server;
  Connected c(server.target());
  Told told;
  Client blocking(c.loop, redis::connector(server.target()), {}, told.events());
  REQUIRE(run_until(c.loop, [&] { return blocking.ready(); }));
  std::string moved;
  blocking.command({"BLMOVE", "from", "to", "LEFT", "RIGHT", "0"},
                   [&](const Result<Reply>& r) { moved = RedisServer::text_of(r); });
  CHECK(c.ask({"PING"}) == "PONG");
  CHECK(moved.empty());
  CHECK(c.ask({"RPUSH", "from", "x"}) == "1");
  REQUIRE(run_until(c.loop, [&] { return !moved.empty(); }));
  CHECK(moved == "x");
}

TEST_CASE("a connection killed by the server: what waits is told, and it connects again") {
  const RedisServer server;
  Connected c(server.target());
  std::string blocked;
  c.client.command({"BLPOP", "k", "0"}, [&](const Result<Reply>& r) {
    blocked = r ? "?" : r.error().what;
    CHECK((!r && r.error().code == Errc::closed));
  });
  help::run_for(c.loop, std::chrono::milliseconds(10));
  CHECK(server.ask({"CLIENT", "KILL", "TYPE", "normal"}) == "1");
  REQUIRE(run_until(c.loop, [&] { return !blocked.empty(); }));
  CHECK(blocked == "the server closed the connection");
  REQUIRE(run_until(c.loop, [&] { return c.told.ready == 2; }));
  CHECK(c.ask({"PING"}) == "PONG");
}

TEST_CASE("an answer of more than 64 MiB ends the connection, and says so") {
  const RedisServer server;
  Connected c(server.target());
  CHECK(c.ask({"SETRANGE", "k", "73400319", "x"}) == "73400320");
  CHECK(c.ask({"GET", "k"}) == "!an answer of more than 64 MiB");
  REQUIRE(run_until(c.loop, [&] { return c.client.ready(); }));
}

TEST_CASE("a peer that is no Redis is told as that") {
  net::Loop loop;
  Told told;
  auto ends = help::socket_pair();
  const help::Far far(std::move(ends.far));
  far.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  Client client(
      loop, [&](net::Loop&, base::Time, const auto& done) { done(std::move(ends.near)); }, {},
      told.events());
  REQUIRE(run_until(loop, [&] { return told.lost == 1; }));
  CHECK(told.why.starts_with("the answer is not of Redis: "));
}

TEST_CASE("answers to no question end the connection") {
  net::Loop loop;
  Told told;
  auto ends = help::socket_pair();
  const help::Far far(std::move(ends.far));
  far.send("+PONG\r\n+OK\r\n");
  Client client(
      loop, [&](net::Loop&, base::Time, const auto& done) { done(std::move(ends.near)); }, {},
      told.events());
  REQUIRE(run_until(loop, [&] { return told.lost == 1; }));
  CHECK(told.ready == 1);
  CHECK(told.why == "an answer to no question");
}

TEST_CASE("a client that goes calls nobody, though answers, a connect or a refusal are due") {
  const RedisServer server;
  net::Loop loop;
  int calls = 0;
  const auto count = [&](const Result<Reply>&) { calls++; };
  std::function<void(Result<base::Fd>)> late;
  {
    Client never(loop, [&](net::Loop&, base::Time, auto done) { late = std::move(done); }, {}, {});
    REQUIRE(run_until(loop, [&] { return late != nullptr; }));
    never.command({"PING"}, count);
    Client gone(loop, redis::connector(server.target()), {}, {});
    REQUIRE(run_until(loop, [&] { return gone.ready(); }));
    calls = 0;
    gone.command({"PING"}, count);
    gone.command({"PING"}, nullptr);
  }
  late(help::socket_pair().near);
  help::run_for(loop, std::chrono::milliseconds(20));
  CHECK(calls == 0);
}

TEST_CASE("done may issue commands, and have its client deleted") {
  const RedisServer server;
  net::Loop loop;
  Told told;
  auto client = std::make_unique<Client>(loop, redis::connector(server.target()), redis::Login{},
                                         told.events());
  REQUIRE(run_until(loop, [&] { return client->ready(); }));
  int depth = 0;
  std::function<void(const Result<Reply>&)> again = [&](const Result<Reply>& r) {
    CHECK(r);
    if (++depth < 10) return client->command({"PING"}, again);
    loop.defer([&] { client.reset(); });
  };
  client->command({"PING"}, again);
  REQUIRE(run_until(loop, [&] { return client == nullptr; }));
  CHECK(depth == 10);
}

TEST_CASE("messages of a channel come among the answers, each to whom it belongs") {
  const RedisServer server;
  std::vector<std::string> pushed, answers;
  Told told;
  Client::Events events = told.events();
  events.pushed = [&](const std::string& message) { pushed.push_back(message); };
  net::Loop loop;
  Client client(loop, redis::connector(server.target()), {}, events);
  REQUIRE(run_until(loop, [&] { return client.ready(); }));
  const auto keep = [&](const Result<Reply>& r) {
    answers.push_back(r && !r->items.empty() ? r->items[0].text : RedisServer::text_of(r));
  };
  client.command({"SUBSCRIBE", "c"}, keep);
  REQUIRE(run_until(loop, [&] { return answers.size() == 1; }));
  const std::string bytes("a\r\n\0b", 5);
  CHECK(server.ask({"PUBLISH", "c", bytes}) == "1");
  client.command({"PING"}, keep);
  client.command({"GET", "k"}, keep);
  REQUIRE(run_until(loop, [&] { return answers.size() == 3; }));
  REQUIRE(pushed.size() == 1);
  const bool same = pushed[0] == bytes;
  CHECK(same);
  CHECK(answers[0] == "subscribe");
  CHECK(answers[1] == "pong");
  CHECK(answers[2].starts_with("ERR Can't execute 'get'"));
  CHECK(told.lost == 0);
}

TEST_CASE("a message for who asked for none ends the connection") {
  const RedisServer server;
  Connected c(server.target());
  CHECK(c.ask({"SUBSCRIBE", "c"}) == "subscribe c  ");
  server.ask({"PUBLISH", "c", "x"});
  REQUIRE(run_until(c.loop, [&] { return c.told.lost == 1; }));
  CHECK(c.told.why == "an answer to no question");
}
