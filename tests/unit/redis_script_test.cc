#include "lib/redis/script.h"
#include "tests/unit/redis_help.h"

using base::Errc;
using base::Result;
using help::RedisServer;
using help::run_until;
using redis::Client;
using redis::Reply;

namespace {

constexpr std::string_view kPush =
    "redis.call('RPUSH', KEYS[1], ARGV[1]) return redis.call('LLEN', KEYS[1])";
// Runs a command that the user `narrow` may not.
constexpr std::string_view kDenied =
    "redis.call('INCR', KEYS[1]) redis.call('SET', KEYS[1] .. 's', 1) return 1";

const std::string kLibrary =
    base::cat("#!lua name=lineman\nredis.register_function('push', function(KEYS, ARGV) ", kPush,
              " end)\nredis.register_function('denied', function(KEYS, ARGV) ", kDenied, " end)");

struct World {
  explicit World(const redis::Target& target) { connect(target); }
  World() { connect(server.target()); }

  void connect(const redis::Target& target) {
    scripts.reset();
    client = std::make_unique<Client>(loop, redis::connector(target), redis::login_of(target),
                                      Client::Events{});
    scripts = std::make_unique<redis::Scripts>(*client);
    REQUIRE(run_until(loop, [&] { return client->ready(); }));
  }
  redis::Target as(const std::string& user) const {
    redis::Target t = server.target();
    t.user = user;
    t.password = "p";
    return t;
  }
  redis::Script script(std::string_view function, std::string_view body, std::string& sum) {
    sum = server.ask({"SCRIPT", "LOAD", body});
    server.ask({"SCRIPT", "FLUSH"});
    return {function, body, sum};
  }
  void push(int i) {
    sent++;
    scripts->call(push_script, {"list"}, {std::to_string(i)}, [this](const Result<Reply>& r) {
      (r && r->kind == Reply::Kind::integer ? good : bad)++;
      if (!r) last_error = r.error();
      if (r && r->is_error()) last_error.what = r->text;
    });
  }
  void wait() {
    REQUIRE(run_until(loop, [&] { return good + bad == sent; }));
  }
  // All that was pushed, once and in order.
  bool in_order() const {
    const auto r = server.try_ask({"LRANGE", "list", "0", "-1"});
    REQUIRE(r);
    for (size_t i = 0; i < r->items.size(); i++) {
      if (r->items[i].text != std::to_string(i)) return false;
    }
    return static_cast<int>(r->items.size()) == sent;
  }
  // How often the server was given the command.
  int64_t given(const std::string& command) const {
    const std::string stats = server.ask({"INFO", "commandstats"});
    const size_t at = stats.find("cmdstat_" + command + ":calls=");
    if (at == std::string::npos) return 0;
    const size_t rejected = stats.find("rejected_calls=", at) + 15;
    return std::stoll(stats.substr(stats.find('=', at) + 1)) + std::stoll(stats.substr(rejected));
  }

  RedisServer server;
  net::Loop loop;
  std::unique_ptr<Client> client;
  std::unique_ptr<redis::Scripts> scripts;
  std::string sha;
  redis::Script push_script = script("push", kPush, sha);
  int sent = 0, good = 0, bad = 0;
  base::Error last_error;
};

}  // namespace

TEST_CASE("without the library a script is sent as text once, then called by its sum, in order") {
  World w;
  for (int i = 0; i < 1000; i++) w.push(i);
  CHECK_FALSE(w.scripts->full());
  w.wait();
  CHECK(w.good == 1000);
  CHECK(w.in_order());
  CHECK(w.given("eval") == 1);
  CHECK(w.given("evalsha") == 1000);
  CHECK(w.given("fcall") == 1);
}

TEST_CASE("calls that are held count as unsent") {
  World w;
  const std::string big(300000, 'x');
  w.scripts->call(w.push_script, {"list"}, {"0"}, nullptr);
  CHECK_FALSE(w.scripts->full());
  w.scripts->call(w.push_script, {"list"}, {big}, nullptr);
  CHECK(w.scripts->full());
  REQUIRE(run_until(w.loop, [&] { return !w.scripts->full(); }));
}

TEST_CASE("with the library a script is called as a function alone") {
  World w;
  CHECK(w.server.ask({"FUNCTION", "LOAD", kLibrary}) == "lineman");
  for (int i = 0; i < 1000; i++) w.push(i);
  w.wait();
  CHECK(w.good == 1000);
  CHECK(w.in_order());
  CHECK(w.given("fcall") == 1000);
  CHECK(w.given("eval") + w.given("evalsha") == 0);
}

TEST_CASE("scripts flushed while calls are on their way: each is run once, in order") {
  World w;
  int i = 0;
  for (int round = 0; round < 20; round++) {
    for (int n = 0; n < 50; n++) w.push(i++);
    w.client->command({"SCRIPT", "FLUSH"}, nullptr);
    for (int n = 0; n < 50; n++) w.push(i++);
    const int some = w.good + 30;
    REQUIRE(run_until(w.loop, [&] { return w.good >= some; }));
  }
  w.wait();
  CHECK(w.good == 2000);
  CHECK(w.in_order());
}

TEST_CASE("the library removed and loaded again on a live connection") {
  World w;
  w.server.ask({"FUNCTION", "LOAD", kLibrary});
  w.push(0);
  w.wait();
  w.server.ask({"FUNCTION", "FLUSH"});
  for (int i = 1; i < 100; i++) w.push(i);
  w.wait();
  w.server.ask({"FUNCTION", "LOAD", kLibrary});
  w.push(100);
  w.wait();
  CHECK(w.good == 101);
  CHECK(w.in_order());
}

TEST_CASE("a user who may take only one of the ways takes it") {
  for (const char* allowed : {"+fcall", "+evalsha +eval", "+eval"}) {
    World w;
    w.server.ask({"FUNCTION", "LOAD", kLibrary});
    std::vector<std::string_view> acl = {"ACL", "SETUSER", "narrow", "on",
                                         ">p",  "~list",   "+rpush", "+llen"};
    for (std::string_view rest = allowed; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      acl.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    CHECK(w.server.ask(acl) == "OK");
    w.connect(w.as("narrow"));
    for (int i = 0; i < 100; i++) w.push(i);
    w.wait();
    CHECK_MESSAGE(w.good == 100, allowed, ": ", w.last_error.what);
    CHECK(w.in_order());
  }
}

TEST_CASE("a user who may take none of the ways is told so, and what he may do still works") {
  World w;
  w.server.ask({"FUNCTION", "LOAD", kLibrary});
  w.server.ask({"ACL", "SETUSER", "narrow", "on", ">p", "~list", "+fcall", "+rpush", "+llen"});
  w.connect(w.as("narrow"));
  std::string answer;
  w.scripts->call(w.push_script, {"other"}, {"x"},
                  [&](const Result<Reply>& r) { answer = r ? r->text : r.error().what; });
  w.push(0);
  w.push(1);
  w.wait();
  CHECK(answer.starts_with("NOPERM "));
  CHECK(w.good == 2);
  CHECK(w.in_order());
}

TEST_CASE("an error within a script is its answer: it is not run again another way") {
  World w;
  w.server.ask({"ACL", "SETUSER", "narrow", "on", ">p", "~*", "+@all", "-set"});
  for (const bool library : {false, true}) {
    if (library) w.server.ask({"FUNCTION", "LOAD", kLibrary});
    w.server.ask({"DEL", "n"});
    w.connect(w.as("narrow"));
    std::string sum;
    const redis::Script denied = w.script("denied", kDenied, sum);
    std::string answer;
    w.scripts->call(denied, {"n"}, {}, [&](const Result<Reply>& r) {
      answer = r ? (r->is_error() ? r->text : "?") : r.error().what;
    });
    REQUIRE(run_until(w.loop, [&] { return !answer.empty(); }));
    CHECK_MESSAGE(answer.find(" script: ") != std::string::npos, answer);
    CHECK(w.server.ask({"GET", "n"}) == "1");
  }
}

TEST_CASE("Redis killed and started again: calls are told once, later ones find their way anew") {
  World w;
  w.push(0);
  w.wait();
  for (int i = 0; i < 5000; i++) w.push(i);
  w.server.kill();
  w.wait();
  CHECK(w.bad > 0);
  CHECK(w.last_error.code == Errc::closed);
  w.push(0);
  w.push(1);
  w.wait();
  CHECK(w.last_error.code == Errc::not_found);
  w.server.start();  // without data, and without the script
  REQUIRE(run_until(w.loop, [&] { return w.client->ready(); }));
  w.sent = w.good = w.bad = 0;
  for (int i = 0; i < 100; i++) w.push(i);
  w.wait();
  CHECK(w.good == 100);
  CHECK(w.in_order());
}
