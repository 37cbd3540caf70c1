#include "tests/unit/queue_help.h"

using help::Queue;
using help::RedisServer;
using help::words_of;
using queue::Position;
using queue::ReadAnswer;
using queue::Start;

namespace {

// Numbers 1 to n as payloads, one message each.
void tell_up_to(Queue& q, uint64_t from, uint64_t to, uint64_t ring = 1000) {
  std::vector<std::string> words;
  for (uint64_t i = from; i <= to; i++) words.push_back(std::to_string(i));
  q.tell({words.begin(), words.end()}, {ring, true});
}

}  // namespace

TEST_CASE("every waiter gets every message, from the moment it took its position") {
  const RedisServer server;
  Queue a(server.target()), b(server.target());
  a.tell({"old"});
  const Position pa = a.start().position;
  a.tell({"one"});
  const Position pb = b.start().position;
  a.tell({"two", "three"});
  CHECK(words_of(a.read(pa)) == "one|two|three|");
  CHECK(words_of(b.read(pb)) == "two|three|");
  const ReadAnswer r = a.read(pa);
  CHECK(r.next.number == 4);
  CHECK_FALSE(r.more);
  CHECK(words_of(a.read(r.next)).empty());
  CHECK(a.read(r.next).next.number == 4);
}

TEST_CASE("a waiter on a queue that is not there yet misses nothing") {
  const RedisServer server;
  Queue q(server.target());
  const Position p = q.start().position;
  CHECK(words_of(q.read(p)).empty());
  q.tell({"first", "second"});
  CHECK(words_of(q.read(p)) == "first|second|");
}

TEST_CASE("payloads are any bytes, a read ends after the first MiB and says so") {
  const RedisServer server;
  Queue q(server.target());
  const Position p = q.start().position;
  const std::string nul("a\0\n\xff", 4), big(queue::kMaxPayload, 'x');
  q.tell({nul, big, big});
  ReadAnswer r = q.read(p);
  REQUIRE(r.messages.size() == 2);
  CHECK(r.messages[0].payload == nul);
  CHECK(r.messages[1].payload == big);
  CHECK(r.more);
  r = q.read(r.next);
  CHECK(r.messages.size() == 1);
  CHECK_FALSE(r.more);
  const auto over = q.wait<Position>([&](auto done) { q.signal.put({}, {big + "x"}, done); });
  CHECK(over.error().code == base::Errc::too_big);
}

TEST_CASE("a read gives at most as many as were asked for") {
  const RedisServer server;
  Queue q(server.target());
  const Position p = q.start().position;
  tell_up_to(q, 1, 50);
  ReadAnswer r = q.read(p, 20);
  CHECK(r.messages.size() == 20);
  CHECK(r.more);
  r = q.read(r.next, 30);
  CHECK(r.messages.size() == 30);
  CHECK_FALSE(r.more);
  CHECK(r.messages.back().payload == "50");
}

TEST_CASE("a ring that overran says exactly how many were missed") {
  struct Row {
    uint64_t before, after, ring, missed, first;
  };
  // `before` messages, a waiter's position, `after` more with that ring: what it then reads.
  const Row table[] = {{0, 5, 5, 0, 1},   {0, 6, 5, 1, 2},   {3, 5, 5, 0, 4},   {3, 100, 5, 95, 99},
                       {10, 1, 1, 0, 11}, {10, 2, 1, 1, 12}, {0, 37, 1, 36, 37}};
  for (const Row& row : table) {
    const RedisServer server;
    Queue q(server.target());
    if (row.before > 0) tell_up_to(q, 1, row.before, row.ring);
    const Position p = q.start().position;
    tell_up_to(q, row.before + 1, row.before + row.after, row.ring);
    const ReadAnswer r = q.read(p);
    CHECK_FALSE(r.unknown);
    CHECK(r.missed == row.missed);
    CHECK(r.messages.size() + r.missed == row.after);
    CHECK(r.messages.front().payload == std::to_string(row.first));
    CHECK(r.next.number == row.before + row.after);
  }
}

TEST_CASE("holes in the middle, and a ring cut to nothing, are counted too") {
  const RedisServer server;
  Queue q(server.target());
  const Position p = q.start().position;
  tell_up_to(q, 1, 10);
  server.ask({"XDEL", "lineman:{q.jobs}:signal", "4-0", "5-0"});
  CHECK(words_of(q.read(p)) == "1|2|3|6|7|8|9|10| missed 2");
  server.ask({"XTRIM", "lineman:{q.jobs}:signal", "MAXLEN", "0"});
  const ReadAnswer r = q.read(p);
  CHECK(words_of(r) == " missed 10");
  CHECK(r.next.number == 10);
  CHECK_FALSE(r.more);
  q.tell({"11"});
  CHECK(words_of(q.read(r.next)) == "11|");
}

TEST_CASE("a ring may be kept about, for speed, and is never shorter than asked") {
  const RedisServer server;
  Queue q(server.target());
  for (int i = 0; i < 20; i++) {
    q.tell(std::vector<std::string_view>(100, "x"), {500, false});
  }
  const auto stats = q.sure<queue::SignalStats>([&](auto done) { q.signal.stats(done); });
  CHECK(stats.mode == queue::Mode::signal);
  CHECK(stats.last == 2000);
  CHECK(stats.kept >= 500);
  CHECK(stats.kept <= 700);
  CHECK(stats.first == stats.last - stats.kept + 1);
}

TEST_CASE("an emptied Redis: the count is unknown, and what is there now is read from its first") {
  const RedisServer server;
  Queue q(server.target());
  q.tell({"a", "b", "c"});
  const Position p = q.start().position;
  server.ask({"FLUSHALL"});
  ReadAnswer r = q.read(p);
  CHECK(r.unknown);
  CHECK(r.messages.empty());
  q.tell({"1", "2", "3", "4"});
  r = q.read(p);
  CHECK(words_of(r) == "1|2|3|4| unknown");
  CHECK(words_of(q.read(r.next)).empty());
}

TEST_CASE("an older Redis, that gives numbers again, is seen though the epoch is the same") {
  const RedisServer server;
  Queue q(server.target());
  tell_up_to(q, 1, 5);
  const std::string seq = "lineman:{q.jobs}:seq", stream = "lineman:{q.jobs}:signal";
  const std::string old = server.ask({"DUMP", stream});
  tell_up_to(q, 6, 9);
  const Position p = q.start().position;
  server.ask({"RESTORE", stream, "0", old, "REPLACE"});
  server.ask({"SET", seq, "5"});
  CHECK(words_of(q.read(p)) == "1|2|3|4|5| unknown");
  q.tell({"six", "seven", "eight", "nine", "ten"});
  CHECK(words_of(q.read(p)) == "1|2|3|4|5|six|seven|eight|nine|ten| unknown");
}

TEST_CASE("a new named waiter's position is stored before its first message") {
  const RedisServer server;
  {
    Queue q(server.target());
    q.tell({"old"});
    CHECK_FALSE(q.start("me").stored);
  }
  Queue q(server.target());
  q.tell({"new"});
  const Start s = q.start("me");
  CHECK(s.stored);
  CHECK(words_of(q.read(s.position)) == "new|");
}

TEST_CASE("a named waiter fixes its position on a queue that is not there yet") {
  const RedisServer server;
  Queue q(server.target());
  const Start s = q.start("me");
  CHECK_FALSE(s.stored);
  CHECK(s.position.epoch.size() == 8);
  q.tell({"new"});
  CHECK(words_of(q.read(q.start("me").position)) == "new|");
}

TEST_CASE("named positions survive kill -9 of a Redis with an append-only file") {
  RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
  Position stored;
  {
    Queue q(server.target());
    q.tell({"1", "2", "3", "4"});
    const Start s = q.start("me");
    server.ask({"HSET", "lineman:{q.jobs}:at", "zero", s.position.epoch + "-0-"});
    const ReadAnswer r = q.read(q.start("zero").position, 2);
    stored = r.next;
    q.store("zero", stored);
  }
  server.kill();
  server.start();
  Queue q(server.target());
  const Start s = q.start("zero");
  CHECK(s.stored);
  CHECK(queue::text(s.position) == queue::text(stored));
  CHECK(words_of(q.read(s.position)) == "3|4|");
}

TEST_CASE("waiters can be listed and forgotten") {
  const RedisServer server;
  Queue q(server.target());
  q.tell({"x"});
  q.start("a");
  q.start("b");
  const auto page = q.sure<queue::WaiterPage>([&](auto done) { q.signal.list("0", 10, done); });
  CHECK(page.cursor == "0");
  REQUIRE(page.waiters.size() == 2);
  CHECK(page.waiters[0].position.number == 1);
  const auto forget = [&] { return q.sure<bool>([&](auto done) { q.signal.forget("a", done); }); };
  CHECK(forget());
  CHECK_FALSE(forget());
  CHECK_FALSE(q.start("a").stored);
}

TEST_CASE("blocking: what follows without a gap may be used at once, else read has to look") {
  const RedisServer server;
  Queue q(server.target());
  tell_up_to(q, 1, 3);
  const Position p = q.start().position;
  CHECK(q.command(q.signal.block_command(p, 1))->is_nil());
  Queue waiter(server.target());
  std::optional<redis::Reply> woken;
  const std::vector<std::string> words = waiter.signal.block_command(p, 20000);
  waiter.client.command({words.begin(), words.end()},
                        [&](const base::Result<redis::Reply>& r) { woken = *r; });
  help::run_until(waiter.loop, [&] {
    return server.ask({"CLIENT", "LIST"}).find("cmd=xread") != std::string::npos;
  });
  q.tell({"4"});
  REQUIRE(help::run_until(waiter.loop, [&] { return woken.has_value(); }));
  const auto following = queue::Signal::following(*woken, p);
  REQUIRE(following.size() == 1);
  CHECK(following[0].payload == "4");
  CHECK(queue::text(following[0].at) == queue::text(q.start().position));

  const Position behind{p.epoch, 2, ""}, stranger{"0badf00d", 3, ""};
  CHECK(queue::Signal::following(*woken, behind).empty());
  CHECK(queue::Signal::following(*woken, stranger).empty());
  CHECK(queue::Signal::following(redis::Reply{}, p).empty());
}

TEST_CASE("the signal scripts refuse what they do not take") {
  const RedisServer server;
  Queue q(server.target());
  const auto put = q.wait<Position>([&](auto done) { q.signal.put({0, true}, {"x"}, done); });
  CHECK(put.error().code == base::Errc::bad_input);
  const auto none = q.wait<Position>([&](auto done) { q.signal.put({}, {}, done); });
  CHECK(none.error().code == base::Errc::bad_input);
  const auto read = q.wait<ReadAnswer>([&](auto done) { q.signal.read({}, 0, done); });
  CHECK(read.error().code == base::Errc::bad_input);
  const auto store = q.wait<void>([&](auto done) { q.signal.store("", {}, done); });
  CHECK(store.error().code == base::Errc::bad_input);
  CHECK(server.ask({"DBSIZE"}) == "0");
}
