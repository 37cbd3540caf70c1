#include "tests/unit/queue_help.h"

using help::Queue;
using help::RedisServer;
using queue::Fate;
using queue::Item;
using queue::Lease;
using queue::PutAnswer;
using queue::PutOptions;
using queue::State;
using queue::TakeAnswer;
using What = PutAnswer::What;

namespace {

PutOptions priority(int p) {
  PutOptions o;
  o.priority = p;
  return o;
}

PutOptions unique(const std::string& word) {
  PutOptions o;
  o.unique = word;
  return o;
}

PutOptions delayed(int64_t ms) {
  PutOptions o;
  o.delay_ms = ms;
  return o;
}

PutOptions limit(int tries) {
  PutOptions o;
  o.limit = tries;
  return o;
}

PutOptions at_most(uint64_t max, PutOptions::Over over = PutOptions::Over::refuse) {
  PutOptions o;
  o.max = max;
  o.over = over;
  return o;
}

int64_t wake_tokens(const RedisServer& server) {
  return std::stoll(server.ask({"LLEN", "lineman:{q.jobs}:wake"}));
}

}  // namespace

TEST_CASE("urgent items are taken first, and of one priority the oldest") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"e1", "e2"});
  q.put({"z"}, priority(9));
  q.put({"a1"}, priority(0));
  q.put({"d"}, priority(4));
  q.put({"a2"}, priority(0));
  for (const char* next : {"a1", "a2", "d", "e1", "e2", "z", "-"}) CHECK(q.taken() == next);
}

TEST_CASE("an item's facts come with it") {
  const RedisServer server;
  Queue q(server.target());
  PutOptions o = priority(3);
  o.limit = 7;
  o.result_ms = 5000;
  o.unique = "u";
  const std::string id = q.put1("x", o);
  const TakeAnswer a = q.take(60000, "host:12");
  REQUIRE(a.item);
  const Item& item = *a.item;
  CHECK(item.id == id);
  CHECK(a.lease.id == id);
  CHECK(a.lease.token.size() == 16);
  CHECK(item.priority == 3);
  CHECK(item.tries == 1);
  CHECK(item.limit == 7);
  CHECK(item.result_ms == 5000);
  CHECK(item.unique == "u");
  CHECK(item.worker == "host:12");
  CHECK(item.size == 1);
  CHECK(item.at_ms == a.now_ms + 60000);
  CHECK(a.next_ms == item.at_ms);
  CHECK(item.put_ms <= a.now_ms);
}

TEST_CASE(
    "a worker's name, a unique key and a reason are any bytes, in the first take and the next") {
  const RedisServer server;
  Queue q(server.target());
  const std::string odd("\"}\\\n{\xff\0,", 8);
  const std::string id = q.put1("x", unique(odd));
  for (const int tries : {1, 2, 3}) {
    const TakeAnswer a = q.take(60000, odd);
    REQUIRE(a.item);
    CHECK(a.item->worker == odd);
    CHECK(a.item->unique == odd);
    CHECK(a.item->reason == (tries == 1 ? "" : odd));
    CHECK(a.item->tries == tries);
    CHECK(q.peek(id)->worker == odd);
    CHECK(q.release(a.lease, {0, true, odd}) == Fate::done);
  }
}

TEST_CASE("ids carry the epoch, which the first put sets and the next ones keep") {
  const RedisServer server;
  Queue q(server.target());
  const std::string first = q.put1("x");
  const std::string epoch = server.ask({"GET", "lineman:{q.jobs}:epoch"});
  CHECK(epoch.size() == 8);
  CHECK(first.substr(0, 11) == epoch + "-1-");
  CHECK(first.size() == 15);
  CHECK(q.put1("y").substr(0, 11) == epoch + "-2-");
  server.ask({"FLUSHALL"});
  const std::string again = q.put1("z");
  CHECK(again.substr(8, 3) == "-1-");
  CHECK(again.substr(0, 8) != epoch);
}

TEST_CASE("after Redis was emptied an old lease is lost, whatever lies there now") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"x"});
  const TakeAnswer old = q.take();
  server.ask({"FLUSHALL"});
  CHECK(q.ack(old.lease) == Fate::lost);
  q.put({"x"});
  const TakeAnswer fresh = q.take();
  CHECK(q.ack(old.lease) == Fate::lost);
  CHECK(q.renew(old.lease, 1000) == Fate::lost);
  CHECK(q.ack(fresh.lease) == Fate::done);
}

TEST_CASE("payloads are any bytes") {
  const RedisServer server;
  Queue q(server.target());
  const std::string nul("a\0b\n\r\n\xff{}\"", 10), big(queue::kMaxPayload, '\0');
  q.put({nul, "", big});
  CHECK(q.peek()->payload == nul);
  CHECK(q.taken() == nul);
  CHECK(q.taken().empty());
  CHECK(q.taken() == big);
}

TEST_CASE("a payload of any length is the same wherever its item is seen") {
  const RedisServer server;
  Queue q(server.target());
  for (const size_t size : {0UL, 1UL, 4096UL, 4097UL, 8200UL, 65536UL, 65537UL, 1UL << 20U}) {
    for (const int64_t delay : {0, 1}) {
      CAPTURE(size);
      CAPTURE(delay);
      const std::string payload(size, '\n');
      PutOptions o = priority(3);
      o.delay_ms = delay;
      const std::string id = q.put1(payload, o);
      CHECK(q.peek(id)->payload == payload);
      CHECK(q.peek(id)->size == size);
      const auto listed = [&](size_t preview) {
        const State state = delay == 0 ? State::ready : State::delayed;
        const queue::Page page = q.list(state, "0", 1, preview);
        return page.items.empty() ? Item() : page.items[0];
      };
      for (const size_t preview : {0UL, 3UL}) {
        CHECK(listed(preview).priority == 3);
        CHECK(listed(preview).size == size);
        CHECK(listed(preview).payload.size() == (size > 65536 ? 0 : std::min(size, preview)));
      }
      CHECK(q.stats().oldest_ms.has_value() == (delay == 0));
      const TakeAnswer first = q.take_later();
      REQUIRE(first.item);
      CHECK(first.item->payload == payload);
      CHECK(first.item->put_ms == q.peek(id)->put_ms);
      q.release(first.lease);
      CHECK(q.take().item->payload == payload);
      CHECK(q.remove(id));
      CHECK(server.ask({"EXISTS", "lineman:{q.jobs}:item"}) == "0");
    }
  }
}

TEST_CASE("what is too much is refused before anything is sent") {
  const RedisServer server;
  Queue q(server.target());
  const auto code_of = [&](const std::vector<std::string_view>& payloads, const PutOptions& o) {
    const auto r = q.wait<PutAnswer>([&](auto done) { q.work.put(o, payloads, done); });
    REQUIRE_FALSE(r);
    return r.error().code;
  };
  const std::string over(queue::kMaxPayload + 1, 'x');
  CHECK(code_of({over}, {}) == base::Errc::too_big);
  CHECK(code_of({}, {}) == base::Errc::bad_input);
  CHECK(code_of(std::vector<std::string_view>(1001, "x"), {}) == base::Errc::bad_input);
  CHECK(code_of({"x"}, unique(std::string(513, 'x'))) == base::Errc::too_big);
  CHECK(server.ask({"DBSIZE"}) == "0");
}

TEST_CASE("the scripts refuse what they do not take, and change nothing") {
  const RedisServer server;
  Queue q(server.target());
  const auto code_of = [&](const PutOptions& o) {
    const auto r = q.wait<PutAnswer>([&](auto done) { q.work.put(o, {"x", "y"}, done); });
    REQUIRE_FALSE(r);
    return r.error().code;
  };
  for (const PutOptions& o : {priority(10), priority(-1), delayed(-1), limit(-1), unique("u")}) {
    CHECK(code_of(o) == base::Errc::bad_input);
  }
  const auto take = q.wait<TakeAnswer>([&](auto done) { q.work.take(0, "w", done); });
  CHECK(take.error().code == base::Errc::bad_input);
  CHECK(server.ask({"DBSIZE"}) == "0");
}

TEST_CASE("a thousand items in one put keep their order") {
  const RedisServer server;
  Queue q(server.target());
  std::vector<std::string> words;
  for (int i = 0; i < 1000; i++) words.push_back(std::to_string(i));
  CHECK(q.put({words.begin(), words.end()}).ids.size() == 1000);
  CHECK(q.counts() == "1000 0 0 0 0");
  int in_order = 0;
  for (int i = 0; i < 1000; i++) in_order += q.taken() == words[static_cast<size_t>(i)] ? 1 : 0;
  CHECK(in_order == 1000);
}

TEST_CASE("a delayed item is not there before its time, and take says when that is") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"later"}, delayed(150));
  const TakeAnswer none = q.take();
  CHECK_FALSE(none.item);
  REQUIRE(none.next_ms);
  CHECK(none.block_ms() <= 150);
  CHECK(q.counts() == "0 1 0 0 0");
  const TakeAnswer a = q.take_later();
  CHECK(a.item->payload == "later");
  CHECK(a.now_ms >= *none.next_ms);
  CHECK(a.now_ms - a.item->put_ms >= 150);
}

TEST_CASE("a lease that runs out gives the item to the next, and the first one has lost it") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"x"});
  const TakeAnswer first = q.take(20);
  const TakeAnswer second = q.take_later();
  CHECK(second.item->tries == 2);
  CHECK(second.item->reason == "lease ran out, taken by w, never renewed");
  CHECK(second.now_ms >= first.item->at_ms);
  CHECK(q.ack(first.lease) == Fate::lost);
  CHECK(q.renew(first.lease, 1000) == Fate::lost);
  CHECK(q.release(first.lease) == Fate::lost);
  CHECK(q.bury(first.lease) == Fate::lost);
  CHECK(q.counts() == "0 0 1 0 0");
  CHECK(q.ack(second.lease) == Fate::done);
  CHECK(q.ack(second.lease) == Fate::lost);
  CHECK(q.counts() == "0 0 0 0 0");
}

TEST_CASE("a lease that ran out is still one's own while nobody else has it") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"x"});
  const TakeAnswer a = q.take(1);
  help::run_for(q.loop, std::chrono::milliseconds(20));
  CHECK(q.renew(a.lease, 60000) == Fate::done);
  CHECK_FALSE(q.take().item);
  CHECK(q.ack(a.lease) == Fate::done);
}

TEST_CASE("a renewed lease holds, and what came of it says that it was renewed") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"x"});
  const TakeAnswer a = q.take(100);
  CHECK(q.renew(a.lease, 200) == Fate::done);
  const auto until = q.peek(a.item->id)->at_ms;
  CHECK(until > a.item->at_ms);
  const TakeAnswer b = q.take_later();
  CHECK(b.now_ms >= until);
  CHECK(b.item->reason == "lease ran out, taken by w");
}

TEST_CASE("tries run out: by lease and by release the item is dead after the last one") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"x"}, limit(2));
  CHECK(q.release(q.take().lease, {0, true, "exit 1"}) == Fate::done);
  const TakeAnswer second = q.take();
  CHECK(second.item->tries == 2);
  CHECK(second.item->reason == "exit 1");
  CHECK(q.release(second.lease, {0, true, "exit 2"}) == Fate::dead);
  CHECK(q.counts() == "0 0 0 1 0");

  q.put({"y"}, limit(1));
  q.take(1);
  while (q.stats().dead < 2) CHECK_FALSE(q.take().item);
  const queue::Page dead = q.list(State::dead);
  REQUIRE(dead.items.size() == 2);
  CHECK(dead.items[0].reason == "exit 2");
  CHECK(dead.items[1].reason == "lease ran out, taken by w, never renewed");
  CHECK(dead.items[1].payload == "y");
  CHECK(dead.items[1].at_ms >= dead.items[1].put_ms);
  CHECK_FALSE(q.take().item);
}

TEST_CASE("a release that does not count goes to the front, one that counts to the end") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"a", "b", "c"}, limit(1));
  const TakeAnswer a = q.take();
  CHECK(q.release(a.lease, {0, false, ""}) == Fate::done);
  const TakeAnswer again = q.take();
  CHECK(again.item->payload == "a");
  CHECK(again.item->tries == 1);
  q.ack(again.lease);
  q.put({"d"});
  q.take();
  q.take();
  CHECK(q.release(q.take().lease) == Fate::done);
  q.put({"e"});
  CHECK(q.taken() == "d");
  CHECK(q.taken() == "e");
}

TEST_CASE("a release with a delay comes back after it") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"x"});
  CHECK(q.release(q.take().lease, {100, true, "later"}) == Fate::done);
  CHECK(q.counts() == "0 1 0 0 0");
  const TakeAnswer none = q.take();
  CHECK_FALSE(none.item);
  const TakeAnswer a = q.take_later();
  CHECK(a.now_ms >= *none.next_ms);
  CHECK(a.item->tries == 2);
}

TEST_CASE("a hundred at most come back in one take, the rest in the next") {
  const RedisServer server;
  Queue q(server.target());
  q.put(std::vector<std::string_view>(250, "x"), delayed(1));
  help::run_for(q.loop, std::chrono::milliseconds(20));
  const int64_t expected[][2] = {{99, 150}, {198, 50}, {247, 0}};
  for (const auto& [ready, left] : expected) {
    CHECK(q.take().item);
    const queue::WorkStats s = q.stats();
    CHECK(s.all_ready() == ready);
    CHECK(s.delayed == left);
  }
}

TEST_CASE("a unique key is taken while its item waits or is taken, and free at every end of it") {
  const RedisServer server;
  Queue q(server.target());
  const auto again = [&] { return q.put({"y"}, unique("k")); };
  const std::string id = q.put1("x", unique("k"));
  CHECK(again().what == What::exists);
  CHECK(again().ids == std::vector<std::string>{id});
  const TakeAnswer a = q.take();
  CHECK(again().what == What::exists);
  q.release(a.lease, {50, true, ""});
  CHECK(again().what == What::exists);
  q.ack(q.take_later().lease);

  CHECK(again().what == What::put);
  CHECK(q.bury(q.take().lease) == Fate::done);
  const PutAnswer third = again();
  CHECK(third.what == What::put);
  CHECK(q.remove(third.ids[0]));
  PutOptions once = unique("k");
  once.limit = 1;
  q.put({"z"}, once);
  CHECK(q.release(q.take().lease) == Fate::dead);
  CHECK(again().what == What::put);
  CHECK(q.counts() == "1 0 0 2 1");
}

TEST_CASE("removing a dead item leaves the unique key with its new owner") {
  const RedisServer server;
  Queue q(server.target());
  const std::string old = q.put1("x", unique("k"));
  q.bury(q.take().lease);
  q.put({"y"}, unique("k"));
  CHECK(q.remove(old));
  CHECK(q.put({"z"}, unique("k")).what == What::exists);
}

TEST_CASE("an item can be removed from every state, and its taker finds the lease lost") {
  const RedisServer server;
  Queue q(server.target());
  const std::string ready = q.put1("r", priority(9));
  const std::string later = q.put1("d", delayed(60000));
  q.put({"l", "b"}, priority(0));
  const TakeAnswer leased = q.take(), buried = q.take();
  q.bury(buried.lease);
  CHECK(q.counts() == "1 1 1 1 0");
  for (const std::string& id : {ready, later, leased.item->id, buried.item->id}) {
    CHECK(q.remove(id));
    CHECK_FALSE(q.remove(id));
    CHECK_FALSE(q.peek(id));
  }
  CHECK(q.ack(leased.lease) == Fate::lost);
  CHECK(q.counts() == "0 0 0 0 0");
  CHECK(server.ask({"HLEN", "lineman:{q.jobs}:item"}) == "0");
}

TEST_CASE("at most so many wait: the rest is refused, and what is taken makes room") {
  const RedisServer server;
  Queue q(server.target());
  CHECK(q.put({"a", "b"}, at_most(3)).what == What::put);
  PutOptions later = at_most(3);
  later.delay_ms = 60000;
  CHECK(q.put({"c"}, later).what == What::put);
  const PutAnswer none = q.put({"d"}, at_most(3));
  CHECK(none.what == What::full);
  CHECK(none.ids.empty());
  q.take();
  const PutAnswer some = q.put({"d", "e", "f"}, at_most(3));
  CHECK(some.what == What::full);
  CHECK(some.ids.size() == 1);
  CHECK(q.counts() == "2 1 1 0 0");
  CHECK(q.put({"g"}, at_most(2)).ids.empty());
}

TEST_CASE("at most so many wait: the oldest of the least urgent make room") {
  const RedisServer server;
  Queue q(server.target());
  const PutOptions drop = at_most(3, PutOptions::Over::drop_oldest);
  q.put({"a", "b", "c"}, drop);
  const PutAnswer d = q.put({"d"}, drop);
  CHECK(d.what == What::put);
  CHECK(d.dropped == 1);
  PutOptions urgent = drop;
  urgent.priority = 0;
  CHECK(q.put({"u"}, urgent).dropped == 1);
  CHECK(q.put({"1", "2", "3", "4", "5"}, drop).dropped == 5);
  for (const char* next : {"3", "4", "5", "-"}) CHECK(q.taken() == next);
  CHECK(server.ask({"HLEN", "lineman:{q.jobs}:item"}) == "6");
}

TEST_CASE("what is dropped frees its unique key and tells who waits for its result") {
  const RedisServer server;
  Queue q(server.target());
  PutOptions o = unique("k");
  o.result_ms = 60000;
  const std::string id = q.put1("a", o);
  q.put({"b"}, at_most(1, PutOptions::Over::drop_oldest));
  CHECK(q.command(q.work.result_command(id, 1000))->text == "dropped");
  CHECK(q.put({"c"}, unique("k")).what == What::put);
}

TEST_CASE("a queue far above its maximum shrinks by a bounded number with each put") {
  const RedisServer server;
  Queue q(server.target());
  q.put(std::vector<std::string_view>(1000, "x"));
  const PutOptions drop = at_most(10, PutOptions::Over::drop_oldest);
  CHECK(q.put({"y"}, drop).dropped == 101);
  CHECK(q.stats().all_ready() == 900);
  for (int i = 0; i < 9; i++) q.put({"y"}, drop);
  CHECK(q.stats().all_ready() == 10);
}

TEST_CASE("wake tokens: two at most, one for each put, and each taker wakes the next") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"a"});
  CHECK(wake_tokens(server) == 1);
  q.put({"b"});
  q.put({"c"});
  q.put({"d", "e", "f"});
  CHECK(wake_tokens(server) == 2);
  server.ask({"DEL", "lineman:{q.jobs}:wake"});
  for (int i = 0; i < 5; i++) {
    CHECK(q.take().item);
    CHECK(wake_tokens(server) == 1);
    REQUIRE(q.command(q.work.wake_command(1000)));
  }
  const TakeAnswer last = q.take();
  CHECK(last.item);
  CHECK(wake_tokens(server) == 0);
  q.release(last.lease);
  CHECK(wake_tokens(server) == 1);
  server.ask({"DEL", "lineman:{q.jobs}:wake"});
  q.put({"later"}, delayed(60000));
  CHECK(wake_tokens(server) == 1);
  server.ask({"DEL", "lineman:{q.jobs}:wake"});
  q.bury(q.take().lease);
  CHECK(wake_tokens(server) == 0);
  q.requeue();
  CHECK(wake_tokens(server) == 1);
}

TEST_CASE("a waiter is woken by a put, and is answered nil when none comes") {
  const RedisServer server;
  Queue q(server.target());
  CHECK(q.command(q.work.wake_command(1))->is_nil());
  Queue waiter(server.target());
  std::optional<redis::Reply> woken;
  const std::vector<std::string> words = waiter.work.wake_command(20000);
  waiter.client.command({words.begin(), words.end()},
                        [&](const base::Result<redis::Reply>& r) { woken = *r; });
  help::run_until(waiter.loop, [&] {
    return server.ask({"CLIENT", "LIST"}).find("cmd=blpop") != std::string::npos;
  });
  q.put({"x"});
  CHECK(help::run_until(waiter.loop, [&] { return woken.has_value(); }));
  CHECK(woken->items.size() == 2);
  CHECK(waiter.taken() == "x");
}

TEST_CASE("who asked for a result gets how it ended and what was written") {
  const RedisServer server;
  Queue q(server.target());
  PutOptions o;
  o.result_ms = 60000;
  const std::string id = q.put1("x", o);
  CHECK(q.command(q.work.result_command(id, 1))->is_nil());
  const std::string out("1a\0b\n", 5);
  CHECK(q.ack(q.take().lease, {"exit 3", {out, "2oops"}}) == Fate::done);
  for (int twice = 0; twice < 2; twice++) {
    CHECK(q.command(q.work.result_command(id, 1000))->text == "exit 3");
  }
  const auto parts = q.command(q.work.result_parts_command(id));
  REQUIRE(parts->items.size() == 2);
  CHECK(parts->items[0].text == out);
  CHECK(parts->items[1].text == "2oops");
  CHECK(std::stoll(server.ask({"PTTL", queue::result_key("jobs", id)})) > 50000);
}

TEST_CASE("every other end of an item is told to who asked for its result") {
  const RedisServer server;
  Queue q(server.target());
  PutOptions o = limit(1);
  o.result_ms = 60000;
  const auto end_of = [&](const std::string& id) {
    return q.command(q.work.result_command(id, 1000))->text;
  };
  std::string id = q.put1("x", o);
  q.ack(q.take().lease);
  CHECK(end_of(id) == "exit 0");
  id = q.put1("x", o);
  q.bury(q.take().lease, "bad");
  CHECK(end_of(id) == "dead bad");
  id = q.put1("x", o);
  q.release(q.take().lease, {0, true, "exit 9"});
  CHECK(end_of(id) == "dead exit 9");
  id = q.put1("x", o);
  q.remove(id);
  CHECK(end_of(id) == "deleted");
  id = q.put1("x", o);
  q.take(1);
  while (q.stats().leased > 0) q.take();
  CHECK(end_of(id) == "dead lease ran out, taken by w, never renewed");
  CHECK(q.requeue(id).moved == 1);
  CHECK(q.command(q.work.result_command(id, 1))->is_nil());
  q.ack(q.take().lease, {"exit 5", {}});
  CHECK(end_of(id) == "exit 5");
}

TEST_CASE("nobody's result is not kept") {
  const RedisServer server;
  Queue q(server.target());
  const std::string id = q.put1("x");
  q.ack(q.take().lease, {"exit 3", {"1out"}});
  CHECK(server.ask({"EXISTS", queue::result_key("jobs", id)}) == "0");
}

TEST_CASE("dead items are requeued with new tries, by id or all, a hundred in a call") {
  const RedisServer server;
  Queue q(server.target());
  q.put(std::vector<std::string_view>(150, "x"), limit(1));
  std::string last;
  for (int i = 0; i < 150; i++) {
    const TakeAnswer a = q.take();
    last = a.item->id;
    q.bury(a.lease);
  }
  CHECK(q.requeue("no-such").moved == 0);
  CHECK(q.requeue(last).moved == 1);
  const TakeAnswer a = q.take();
  CHECK(a.item->id == last);
  CHECK(a.item->tries == 1);
  CHECK(a.item->reason == "no");
  queue::DeadAnswer d = q.requeue();
  CHECK(d.moved == 100);
  CHECK(d.left == 49);
  d = q.drop();
  CHECK(d.moved == 49);
  CHECK(d.left == 0);
  CHECK(q.drop().moved == 0);
  CHECK(q.counts() == "100 0 1 0 0");
}

TEST_CASE("a dead item whose unique key another one has by now stays dead") {
  const RedisServer server;
  Queue q(server.target());
  const std::string old = q.put1("old", unique("k"));
  q.bury(q.take().lease);
  q.put({"new"}, unique("k"));
  queue::DeadAnswer d = q.requeue();
  CHECK(d.moved == 0);
  CHECK(d.kept == 1);
  CHECK(d.left == 1);
  q.ack(q.take().lease);
  CHECK(q.requeue(old).moved == 1);
  CHECK(q.put({"x"}, unique("k")).ids == std::vector<std::string>{old});
}

TEST_CASE("peek shows what would be taken next and takes nothing") {
  const RedisServer server;
  Queue q(server.target());
  CHECK_FALSE(q.peek());
  q.put({"b"});
  const std::string urgent = q.put1("a", priority(1));
  const std::string later = q.put1("c", delayed(60000));
  CHECK(q.peek()->id == urgent);
  CHECK(q.peek(later)->payload == "c");
  CHECK(q.peek(later)->at_ms == q.stats().next_ms);
  CHECK(q.taken() == "a");
}

TEST_CASE("lists come in pages, in order, with the beginning of each payload") {
  const RedisServer server;
  Queue q(server.target());
  std::vector<std::string> words;
  for (int i = 0; i < 25; i++) words.push_back("word " + std::to_string(i));
  q.put({words.begin(), words.begin() + 5}, priority(2));
  q.put({words.begin() + 5, words.end()});
  for (const State state : {State::ready, State::leased, State::dead}) {
    std::string cursor = "0", seen;
    int pages = 0;
    do {
      const queue::Page page = q.list(state, cursor, 10, 6);
      for (const Item& item : page.items) seen += item.payload + ",";
      cursor = page.cursor;
      pages++;
    } while (cursor != "0");
    CHECK(pages == 3);
    CHECK(std::count(seen.begin(), seen.end(), ',') == 25);
    CHECK(seen.starts_with("word 0,word 1,"));
    if (state == State::ready) {
      for (int i = 0; i < 25; i++) {
        q.take();
        help::run_for(q.loop, std::chrono::milliseconds(2));  // leases are listed by their end
      }
    }
    if (state == State::leased) {
      for (const Item& item : q.list(State::leased).items) {
        const std::string facts = server.ask({"HGET", "lineman:{q.jobs}:item", item.id + ":facts"});
        const size_t at = facts.find("\"k\":\"") + 5;
        q.bury({item.id, facts.substr(at, 16)});
      }
    }
  }
  CHECK(q.list(State::delayed).items.empty());
  CHECK(q.list(State::dead, "0", 1, 0).items[0].payload.empty());
}

TEST_CASE("a queue in signal mode takes no work, and the other way round") {
  const RedisServer server;
  Queue q(server.target());
  const auto code_of = [](const auto& r) {
    REQUIRE_FALSE(r);
    CHECK(r.error().what.starts_with("MODE queue jobs is in "));
    return r.error().code;
  };
  const auto usage = base::Errc::usage;
  q.tell({"x"});
  CHECK(code_of(q.wait<PutAnswer>([&](auto d) { q.work.put({}, {"x"}, d); })) == usage);
  CHECK(code_of(q.wait<TakeAnswer>([&](auto d) { q.work.take(1, "w", d); })) == usage);
  CHECK(code_of(q.wait<queue::WorkStats>([&](auto d) { q.work.stats(d); })) == usage);
  CHECK(code_of(q.wait<queue::DeadAnswer>([&](auto d) { q.work.drop("", d); })) == usage);
  CHECK(server.ask({"DBSIZE"}) == "4");  // mode, epoch, seq, signal
  server.ask({"FLUSHALL"});
  q.put({"x"});
  CHECK(code_of(q.wait<queue::Position>([&](auto d) { q.signal.put({}, {"x"}, d); })) == usage);
  CHECK(code_of(q.wait<queue::Start>([&](auto d) { q.signal.start("me", d); })) == usage);
  CHECK(code_of(q.wait<queue::ReadAnswer>([&](auto d) { q.signal.read({}, 1, d); })) == usage);
  CHECK(code_of(q.wait<queue::SignalStats>([&](auto d) { q.signal.stats(d); })) == usage);
}

TEST_CASE("looking at a queue that is not there does not make one") {
  const RedisServer server;
  Queue q(server.target());
  CHECK_FALSE(q.take().item);
  CHECK_FALSE(q.peek());
  CHECK(q.stats().mode == queue::Mode::none);
  CHECK(q.list(State::ready).items.empty());
  CHECK(q.requeue().moved == 0);
  CHECK(q.start().position.epoch.empty());
  CHECK(server.ask({"DBSIZE"}) == "0");
}
