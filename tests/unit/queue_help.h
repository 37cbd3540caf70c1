// A queue on a redis-server of the test's own, one call at a time.
#pragma once

#include <algorithm>

#include "lib/queue/signal.h"
#include "lib/queue/work.h"
#include "tests/unit/redis_help.h"

namespace help {

// The library in FUNCTION LOAD's form, made from the scripts as the Makefile does it.
inline void load_library(const RedisServer& server) {
  const std::string file = server.folder() / "lineman.lua";
  const std::string command = "lib/redis/lua-to-library lib/queue/*.lua >" + file;
  REQUIRE(std::system(command.c_str()) == 0);
  REQUIRE(server.ask({"FUNCTION", "LOAD", text(file)}) == "lineman");
}

// A client, connected, with both modes of one queue.
struct Queue {
  explicit Queue(const redis::Target& target, const std::string& name = "jobs")
      : client(loop, redis::connector(target), redis::login_of(target), told.events()),
        scripts(client),
        work(scripts, name),
        signal(scripts, name) {
    REQUIRE(run_until(loop, [&] { return client.ready(); }));
  }

  // Makes a call, given its `done`, and waits for what that is told.
  template <class T, class Call>
  base::Result<T> wait(Call call) {
    std::optional<base::Result<T>> got;
    call([&](base::Result<T> r) { got.emplace(std::move(r)); });
    REQUIRE(run_until(loop, [&] { return got.has_value(); }));
    return std::move(*got);
  }
  template <class T, class Call>
  T sure(Call call) {
    base::Result<T> r = wait<T>(std::move(call));
    INFO((r ? "" : r.error().what));
    REQUIRE(r);
    return std::move(*r);
  }

  queue::PutAnswer put(const std::vector<std::string_view>& payloads,
                       const queue::PutOptions& o = {}) {
    return sure<queue::PutAnswer>([&](auto done) { work.put(o, payloads, done); });
  }
  std::string put1(std::string_view payload, const queue::PutOptions& o = {}) {
    const queue::PutAnswer a = put({payload}, o);
    REQUIRE(a.ids.size() == 1);
    return a.ids[0];
  }
  queue::TakeAnswer take(int64_t lease_ms = 60000, std::string_view worker = "w") {
    return sure<queue::TakeAnswer>([&](auto done) { work.take(lease_ms, worker, done); });
  }
  // The payload, or "-".
  std::string taken(int64_t lease_ms = 60000) {
    const queue::TakeAnswer a = take(lease_ms);
    return a.item ? a.item->payload : "-";
  }
  // Takes until it gives something: what is delayed or leased has to run out first.
  queue::TakeAnswer take_later(int64_t lease_ms = 60000) {
    queue::TakeAnswer a = take(lease_ms);
    const base::Time deadline = base::Clock::now() + kPatience;
    while (!a.item && base::Clock::now() < deadline) a = take(lease_ms);
    REQUIRE(a.item);
    return a;
  }
  queue::Fate ack(const queue::Lease& l) {
    return sure<queue::Fate>([&](auto done) { work.ack(l, done); });
  }
  queue::Fate ack(const queue::Lease& l, const queue::Ending& e) {
    return sure<queue::Fate>([&](auto done) { work.ack(l, e, done); });
  }
  queue::Fate renew(const queue::Lease& l, int64_t ms) {
    return sure<queue::Fate>([&](auto done) { work.renew(l, ms, done); });
  }
  queue::Fate release(const queue::Lease& l, const queue::Work::Back& b = {}) {
    return sure<queue::Fate>([&](auto done) { work.release(l, b, done); });
  }
  queue::Fate bury(const queue::Lease& l, std::string_view why = "no") {
    return sure<queue::Fate>([&](auto done) { work.bury(l, why, done); });
  }
  bool remove(std::string_view id) {
    return sure<bool>([&](auto done) { work.remove(id, done); });
  }
  queue::DeadAnswer requeue(std::string_view id = "") {
    return sure<queue::DeadAnswer>([&](auto done) { work.requeue(id, done); });
  }
  queue::DeadAnswer drop(std::string_view id = "") {
    return sure<queue::DeadAnswer>([&](auto done) { work.drop(id, done); });
  }
  std::optional<queue::Item> peek(std::string_view id = "") {
    return sure<std::optional<queue::Item>>([&](auto done) { work.peek(id, done); });
  }
  queue::Page list(queue::State state, std::string_view cursor = "0", int count = 100,
                   size_t preview = 100) {
    return sure<queue::Page>([&](auto done) { work.list(state, cursor, count, preview, done); });
  }
  queue::WorkStats stats() {
    return sure<queue::WorkStats>([&](auto done) { work.stats(done); });
  }
  // "ready delayed leased dead unique".
  std::string counts() {
    const queue::WorkStats s = stats();
    return base::cat(std::to_string(s.all_ready()), " ", std::to_string(s.delayed), " ",
                     std::to_string(s.leased), " ", std::to_string(s.dead), " ",
                     std::to_string(s.unique));
  }

  queue::Position tell(const std::vector<std::string_view>& payloads,
                       const queue::SignalPutOptions& o = {queue::kRing, true}) {
    return sure<queue::Position>([&](auto done) { signal.put(o, payloads, done); });
  }
  queue::Start start(std::string_view waiter = "") {
    return sure<queue::Start>([&](auto done) { signal.start(waiter, done); });
  }
  queue::ReadAnswer read(const queue::Position& from, int count = 100) {
    return sure<queue::ReadAnswer>([&](auto done) { signal.read(from, count, done); });
  }
  void store(std::string_view waiter, const queue::Position& at) {
    const base::Result<void> r = wait<void>([&](auto done) { signal.store(waiter, at, done); });
    REQUIRE(r);
  }
  // One command as a waiter's second connection would send it.
  base::Result<redis::Reply> command(const std::vector<std::string>& words) {
    return wait<redis::Reply>([&](auto done) {
      client.command({words.begin(), words.end()}, done);
    });
  }

  net::Loop loop;
  Told told;
  redis::Client client;
  redis::Scripts scripts;
  queue::Work work;
  queue::Signal signal;
};

// The payloads of a read with '|' between them, then what was missed.
inline std::string words_of(const queue::ReadAnswer& a) {
  std::string out;
  for (const queue::Message& m : a.messages) out += m.payload + "|";
  if (a.unknown) return out + " unknown";
  return a.missed > 0 ? out + " missed " + std::to_string(a.missed) : out;
}

}  // namespace help
