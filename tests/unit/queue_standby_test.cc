#include "tests/unit/queue_help.h"

using base::Errc;
using help::Queue;
using help::RedisServer;
using help::run_until;
using queue::Fate;
using queue::Item;
using queue::PutOptions;
using queue::Standby;
using queue::State;
using queue::TakeAnswer;

namespace {

constexpr const char* kStandby = "lineman:{q.jobs}:standby";

// A taker that stands by: its channel, on a connection of its own.
struct Taker {
  explicit Taker(const RedisServer& server, std::string name)
      : q(server.target()),
        channel(std::move(name)),
        ear(q.loop, redis::connector(server.target()), {},
            {.ready = [this] { listen(); },
             .lost = nullptr,
             .low_water = nullptr,
             .pushed = [this](const std::string& message) { heard.push_back(message); }}) {
    REQUIRE(run_until(q.loop, [&] { return listens; }));
  }
  void listen() {
    ear.command({"SUBSCRIBE", q.work.taker_channel(channel)},
                [this](const base::Result<redis::Reply>& r) { listens = r && !r->is_error(); });
  }
  TakeAnswer take(const std::string& token, const std::string& former = "") {
    return q.sure<TakeAnswer>([&](auto done) {
      q.work.take(60000, "me: 1", Standby{channel, token, former}, done);
    });
  }
  // Takes nothing, and stands by.
  void stand_by(const std::string& token, const std::string& former = "") {
    CHECK_FALSE(take(token, former).item);
  }
  std::string next_message() {
    REQUIRE(run_until(q.loop, [&] { return !heard.empty(); }));
    const std::string message = heard.front();
    heard.erase(heard.begin());
    return message;
  }
  TakeAnswer handed() {
    const auto answer = queue::handed(next_message());
    REQUIRE(answer);
    REQUIRE(answer->item);
    return *answer;
  }
  bool withdraw(const std::string& token) {
    return q.command(q.work.withdraw_command(60000, "me: 1", {channel, token, ""}))->integer == 1;
  }

  Queue q;
  std::string channel;
  bool listens = false;
  std::vector<std::string> heard;
  redis::Client ear;
};

std::string standing(const RedisServer& server) {
  return server.ask({"LLEN", kStandby});
}
std::string tokens(const RedisServer& server) {
  return server.ask({"LLEN", "lineman:{q.jobs}:wake"});
}
// So many that stood by on connections which are gone.
void add_dead(const RedisServer& server, const std::string& count) {
  server.ask(
      {"EVAL",
       "for i = 1, tonumber(ARGV[1]) do redis.call('RPUSH', KEYS[1], 'gone' .. i .. ' t 60000 "
       "w') end",
       "1", kStandby, count});
}

}  // namespace

TEST_CASE("a put leases its item to who stands by and tells it all of it") {
  const RedisServer server;
  Taker t(server, "c1");
  t.stand_by("token");
  PutOptions o;
  o.priority = 2;
  o.limit = 3;
  o.result_ms = 60000;
  o.unique = "a key\nof lines";
  const std::string payload("two\nlines\0\r\n and a NUL", 23);
  const std::string id = t.q.put1(payload, o);
  const TakeAnswer a = t.handed();
  const queue::Page leased = t.q.list(State::leased);
  REQUIRE(leased.items.size() == 1);
  const Item& is = leased.items[0];
  CHECK(a.lease.id == id);
  CHECK(a.lease.token == "token");
  CHECK(a.item->id == is.id);
  CHECK(a.item->priority == is.priority);
  CHECK(a.item->put_ms == is.put_ms);
  CHECK(a.item->tries == is.tries);
  CHECK(a.item->limit == is.limit);
  CHECK(a.item->result_ms == is.result_ms);
  CHECK(a.item->unique == is.unique);
  CHECK(a.item->at_ms == is.at_ms);
  CHECK(a.item->at_ms == a.now_ms + 60000);
  CHECK(a.item->size == payload.size());
  CHECK(a.item->payload == payload);
  CHECK(is.worker == "me: 1");
  CHECK(t.q.counts() == "0 0 1 0 1");
  CHECK(standing(server) == "0");
  CHECK(tokens(server) == "0");
  CHECK(t.q.put({"again"}, o).what == queue::PutAnswer::What::exists);
  CHECK(t.q.renew(a.lease, 60000) == Fate::done);
  CHECK(t.q.ack(a.lease, {"exit 0", {}}) == Fate::done);
  CHECK(t.q.command(t.q.work.result_command(id, 1000))->text == "exit 0");
  CHECK(t.q.counts() == "0 0 0 0 0");
}

TEST_CASE("what a put leases comes back, with its try counted, and is dead after the last one") {
  const RedisServer server;
  Taker t(server, "c1");
  PutOptions o;
  o.limit = 2;
  t.stand_by("one");
  t.q.put({"x"}, o);
  const TakeAnswer first = t.handed();
  CHECK(t.q.release(first.lease, {0, true, "no"}) == Fate::done);
  const TakeAnswer second = t.take("two");
  REQUIRE(second.item);
  CHECK(second.item->tries == 2);
  CHECK(second.item->payload == "x");
  CHECK(t.q.release(second.lease, {0, true, "no"}) == Fate::dead);
}

TEST_CASE("a payload of a megabyte is told whole") {
  const RedisServer server;
  Taker t(server, "c1");
  t.stand_by("token");
  std::string big;
  while (big.size() < queue::kMaxPayload) big += static_cast<char>(big.size() % 251);
  t.q.put({big});
  const bool same = t.handed().item->payload == big;
  CHECK(same);
}

TEST_CASE("the latest who hears it has it; who lost his connection is passed over") {
  const RedisServer server;
  Taker first(server, "c1"), second(server, "c2");
  first.stand_by("one");
  second.stand_by("two");
  add_dead(server, "3");
  first.q.put({"a"});
  CHECK(second.handed().item->payload == "a");
  CHECK(first.heard.empty());
  CHECK(standing(server) == "1");
  first.q.put({"b"});
  CHECK(first.handed().lease.token == "one");
  first.q.put({"c"});
  CHECK(first.q.counts() == "1 0 2 0 0");
  CHECK(tokens(server) == "1");
}

TEST_CASE("a thousand dead who stood by: a put passes over a hundred, and loses nothing") {
  const RedisServer server;
  Queue q(server.target());
  add_dead(server, "1000");
  for (int left = 900; left >= 0; left -= 100) {
    q.put({"x"});
    CHECK(standing(server) == std::to_string(left));
  }
  CHECK(q.counts() == "10 0 0 0 0");
  CHECK(tokens(server) == "2");
  // A long message is not even made for them.
  add_dead(server, "100");
  server.ask({"CONFIG", "RESETSTAT"});
  q.put({std::string(queue::kMaxPayload, 'x')});
  CHECK(standing(server) == "0");
  CHECK(server.ask({"INFO", "commandstats"}).find("cmdstat_publish:") == std::string::npos);
}

TEST_CASE("at most ten thousand stand by: the earliest go") {
  const RedisServer server;
  Taker t(server, "c1");
  add_dead(server, "10000");
  t.stand_by("token");
  CHECK(standing(server) == "10000");
  CHECK(server.ask({"LINDEX", kStandby, "0"}) == "gone2 t 60000 w");
  CHECK(server.ask({"LINDEX", kStandby, "-1"}) == "c1 token 60000 me: 1");
}

TEST_CASE("what is not one item for now is told as nothing: who stands by looks") {
  const RedisServer server;
  Taker t(server, "c1");
  PutOptions later;
  later.delay_ms = 60000;
  t.stand_by("one");
  t.q.put({"later"}, later);
  CHECK(t.next_message().empty());
  t.stand_by("two");
  t.q.put({"a", "b"});
  CHECK(t.next_message().empty());
  CHECK(tokens(server) == "1");  // of two, one had nobody to tell
  Taker other(server, "c2");
  const TakeAnswer a = t.q.take(), b = t.q.take();
  server.ask({"DEL", "lineman:{q.jobs}:wake"});
  other.stand_by("three");
  t.q.release(a.lease);
  CHECK(other.next_message().empty());
  CHECK(t.q.take().item);
  t.q.bury(b.lease);
  other.stand_by("four");
  t.q.requeue();
  CHECK(other.next_message().empty());
  CHECK(tokens(server) == "0");
}

TEST_CASE("what is ready goes first: who stands by is told to look") {
  const RedisServer server;
  Taker t(server, "c1");
  t.q.put({"first"});
  server.ask({"RPUSH", kStandby, "c1 token 60000 me: 1"});
  t.q.put({"second"});
  CHECK(t.next_message().empty());
  CHECK(t.q.taken() == "first");
  CHECK(t.q.taken() == "second");
}

TEST_CASE("a take takes the registration before back; a withdrawal says whether it was there") {
  const RedisServer server;
  Taker t(server, "c1");
  t.stand_by("one");
  t.stand_by("two", "one");
  CHECK(standing(server) == "1");
  CHECK(server.ask({"LINDEX", kStandby, "0"}) == "c1 two 60000 me: 1");
  CHECK(t.withdraw("two"));
  CHECK_FALSE(t.withdraw("two"));
  // With an item one does not stand by any more, either.
  t.stand_by("three");
  const std::string entry = server.ask({"RPOP", kStandby});
  t.q.put({"a"});
  server.ask({"RPUSH", kStandby, entry});
  CHECK(t.take("four", "three").item);
  CHECK(standing(server) == "0");
}

TEST_CASE("a message that no put has sent is refused; an empty one has no item") {
  CHECK_FALSE(queue::handed("")->item);
  CHECK(queue::handed("t i 5 1 0 0 2 1 0\n")->item->payload.empty());
  CHECK(queue::handed("t i 5 1 0 0 2 1 3\nkeyrest")->item->unique == "key");
  for (const char* bad :
       {"x", "\n", "t i 5 1 0 0 2 1 0", "t i 5 1 0 0 2 1\n", "t i 5 1 0 0 2 1 0 0\n",
        "t i 5 1 0 0 2 1 1\n", "t i 5 1 0 0 2 1 -1\n", "t i 5 1 0 0 2 1 9223372036854775808\nx",
        "t i five 1 0 0 2 1 0\n", " i 5 1 0 0 2 1 0\n", "t  5 1 0 0 2 1 0\n"}) {
    INFO(bad);
    const auto answer = queue::handed(bad);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::bad_input);
  }
}

TEST_CASE("take refuses a channel or a token with spaces, and what is no number of ms") {
  const RedisServer server;
  Queue q(server.target());
  const auto take = [&](const Standby& by) {
    return q.wait<TakeAnswer>([&](auto done) { q.work.take(1000, "w", by, done); });
  };
  for (const Standby& bad : {Standby{"a b", "t", ""}, Standby{"c", "t t", ""},
                             Standby{"c", "t", "a\nb"}, Standby{std::string(65, 'c'), "t", ""}}) {
    const auto answer = take(bad);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::bad_input);
  }
  CHECK(standing(server) == "0");
}
