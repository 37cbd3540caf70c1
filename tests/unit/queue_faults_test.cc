// What a Redis that says no leaves behind: nothing half done, in EVAL's form and in the library's.
#include "tests/unit/queue_help.h"

using base::Errc;
using help::Queue;
using help::RedisServer;
using queue::Fate;
using queue::PutAnswer;
using queue::TakeAnswer;

namespace {

struct Form {
  bool library;
};

void prepare(const RedisServer& server, const Form& form) {
  if (form.library) help::load_library(server);
}

base::Error put_error(Queue& q, const queue::PutOptions& o = {}) {
  const auto r = q.wait<PutAnswer>([&](auto done) { q.work.put(o, {"x"}, done); });
  REQUIRE_FALSE(r);
  return r.error();
}

}  // namespace

TEST_CASE("a full Redis refuses to put as a whole, and lets one take, end and give back") {
  for (const Form form : {Form{false}, Form{true}}) {
    CAPTURE(form.library);
    const RedisServer server;
    prepare(server, form);
    Queue q(server.target());
    queue::PutOptions twice;
    twice.limit = 1;
    twice.result_ms = 60000;
    twice.unique = "k";
    q.put({"a", "b", "c", "d", "e", "f", "g"});
    q.put({"last"}, twice);
    queue::PutOptions due;
    due.delay_ms = 1;
    q.put({"due"}, due);
    const TakeAnswer first = q.take(1);
    const std::string before = server.ask({"DBSIZE"}), next = "lineman:{q.jobs}:next";
    server.ask({"CONFIG", "SET", "maxmemory", "1"});

    queue::PutOptions drop;
    drop.max = 1;
    drop.over = queue::PutOptions::Over::drop_oldest;
    for (const queue::PutOptions& o : {queue::PutOptions{}, drop}) {
      const base::Error e = put_error(q, o);
      CHECK(e.code == Errc::too_big);
      CHECK(e.what.starts_with("OOM command not allowed"));
    }
    CHECK(server.ask({"GET", next}) == "9");
    const TakeAnswer b = q.take();
    REQUIRE(b.item);
    CHECK(q.renew(b.lease, 60000) == Fate::done);
    CHECK(q.ack(b.lease, {"exit 0", {"1out"}}) == Fate::done);
    CHECK(q.release(q.take().lease) == Fate::done);
    CHECK(q.release(q.take().lease, {100000, true, ""}) == Fate::done);
    CHECK(q.bury(q.take().lease) == Fate::done);
    CHECK(q.requeue().moved == 1);
    CHECK(q.remove(q.take().item->id));
    CHECK(q.ack(first.lease) == Fate::lost);
    server.ask({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(q.counts() == "6 1 0 0 1");
    CHECK(q.put({"again"}).what == PutAnswer::What::put);
  }
}

TEST_CASE("a full Redis refuses to tell, and lets waiters read and store") {
  for (const Form form : {Form{false}, Form{true}}) {
    CAPTURE(form.library);
    const RedisServer server;
    prepare(server, form);
    Queue q(server.target());
    const queue::Position p = q.start().position;
    q.tell({"a", "b"});
    server.ask({"CONFIG", "SET", "maxmemory", "1"});
    const auto r = q.wait<queue::Position>([&](auto done) { q.signal.put({}, {"x"}, done); });
    REQUIRE_FALSE(r);
    CHECK(r.error().code == Errc::too_big);
    CHECK(server.ask({"GET", "lineman:{q.jobs}:seq"}) == "2");
    const queue::ReadAnswer a = q.read(p);
    CHECK(help::words_of(a) == "a|b|");
    q.store("me", a.next);
    CHECK(q.start("me").stored);
  }
}

TEST_CASE("a read-only replica refuses what writes, and shows what there is") {
  for (const Form form : {Form{false}, Form{true}}) {
    CAPTURE(form.library);
    // A replica of nobody that answers: it is read-only all the same, and keeps its data.
    const RedisServer replica;
    Queue q(replica.target());
    prepare(replica, form);
    q.put({"x"});
    replica.ask({"REPLICAOF", "127.0.0.1", "1"});
    const base::Error e = put_error(q);
    CHECK(e.code == Errc::denied);
    CHECK(e.what.starts_with("READONLY "));
    const auto take = q.wait<TakeAnswer>([&](auto done) { q.work.take(1000, "w", done); });
    CHECK(take.error().code == Errc::denied);
    CHECK(q.counts() == "1 0 0 0 0");
    CHECK(q.peek()->payload == "x");
    CHECK(q.list(queue::State::ready).items.size() == 1);
  }
}

TEST_CASE("a Redis that cannot save refuses before anything is changed") {
  for (const Form form : {Form{false}, Form{true}}) {
    CAPTURE(form.library);
    const RedisServer server;
    prepare(server, form);
    Queue q(server.target());
    q.put({"x"});
    // What is saved is renamed onto this, and cannot be.
    REQUIRE(::mkdir((server.folder() / "dump.rdb").c_str(), 0700) == 0);
    server.ask({"CONFIG", "SET", "save", "1 1"});
    server.ask({"BGSAVE"});
    const auto ask = [&](const std::vector<std::string>& words) {
      return RedisServer::text_of(q.command(words));
    };
    const auto failed = [&] {
      return ask({"INFO", "persistence"}).find("last_bgsave_status:err") != std::string::npos;
    };
    const base::Time deadline = base::Clock::now() + help::kPatience;
    while (!failed() && base::Clock::now() < deadline) ::usleep(1000);
    CHECK(put_error(q).what.starts_with("MISCONF "));
    const auto take = q.wait<TakeAnswer>([&](auto done) { q.work.take(1000, "w", done); });
    CHECK(take.error().code == Errc::io);
    CHECK(ask({"GET", "lineman:{q.jobs}:next"}) == "1");
    CHECK(q.counts() == "1 0 0 0 0");
  }
}

TEST_CASE("a user who may not: NOPERM comes through and nothing is changed") {
  const RedisServer server;
  Queue q(server.target());
  q.put({"x"});
  server.ask({"ACL", "SETUSER", "eve", "on", ">pw", "~lineman:{q.other}:*", "+@all"});
  redis::Target target = server.target();
  target.user = "eve";
  target.password = "pw";
  Queue eve(target);
  const base::Error e = put_error(eve);
  CHECK(e.code == Errc::denied);
  CHECK(e.what.starts_with("NOPERM "));
  CHECK(q.counts() == "1 0 0 0 0");
  CHECK(server.ask({"GET", "lineman:{q.jobs}:next"}) == "1");
}

TEST_CASE("a call whose answer was lost is told as unknown, and one never sent as not done") {
  RedisServer server;
  Queue q(server.target());
  q.put({"x"});
  ::kill(server.pid(), SIGSTOP);
  std::optional<Errc> put;
  q.work.put({}, {"y"}, [&](const base::Result<PutAnswer>& r) { put = r.error().code; });
  server.kill();
  REQUIRE(help::run_until(q.loop, [&] { return put.has_value(); }));
  CHECK(*put == Errc::closed);
  const auto take = q.wait<TakeAnswer>([&](auto done) { q.work.take(1000, "w", done); });
  CHECK(take.error().code == Errc::not_found);
}

TEST_CASE("the library's form does what EVAL's does") {
  const RedisServer server;
  help::load_library(server);
  Queue q(server.target());
  q.put({"a", "b"});
  const TakeAnswer a = q.take();
  CHECK(q.ack(a.lease) == Fate::done);
  CHECK(q.counts() == "1 0 0 0 0");
  CHECK(server.ask({"INFO", "commandstats"}).find("cmdstat_eval") == std::string::npos);
  Queue s(server.target(), "news");
  const queue::Position p = s.start().position;
  s.tell({"x"});
  CHECK(help::words_of(s.read(p)) == "x|");
}
