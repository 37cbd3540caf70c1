// Who may connect when: limits in all and to one host, order, and that nobody is forgotten.
#include <list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "tests/unit/help.h"
#include "tools/consoled/turns.h"

using consoled::Turns;
using help::run_until;
using std::chrono::milliseconds;

namespace {
struct Queue {
  explicit Queue(Turns::Limits limits) : turns(loop, limits) {}
  // Asks, and remembers who had a turn in which order.
  const char* ask(const char* name, const std::string& host = "") {
    turns.ask(name, host, [this, name] { had.emplace_back(name); });
    return name;
  }
  bool had_are(size_t n) {
    return run_until(loop, [&] { return had.size() >= n; }) && had.size() == n;
  }
  std::string order() const {
    std::string out;
    for (const std::string& h : had) out += h;
    return out;
  }
  void settle() { help::run_for(loop, milliseconds(5)); }

  net::Loop loop;
  Turns turns;
  std::vector<std::string> had;
};
}  // namespace

TEST_CASE("no more than so many connect at once, and the next when one is done") {
  Queue q({.at_once = 2, .per_host = 9});
  const char* a = q.ask("a");
  const char* b = q.ask("b");
  const char* c = q.ask("c");
  CHECK(q.had.empty());  // never within ask()
  q.settle();
  CHECK(q.order() == "ab");
  CHECK(q.turns.active() == 2);
  CHECK(q.turns.waiting() == 1);
  q.turns.leave(b);
  CHECK(q.had_are(3));
  CHECK(q.order() == "abc");
  q.turns.leave(a);
  q.turns.leave(c);
  q.turns.leave(c);  // a stranger now
  CHECK(q.turns.active() == 0);
}

TEST_CASE("one host has its own limit, and holds nobody else up") {
  Queue q({.at_once = 9, .per_host = 1});
  const char* a = q.ask("a", "bmc1");
  const char* b = q.ask("b", "bmc1");
  q.ask("c", "bmc2");
  q.ask("d");
  q.ask("e");
  q.settle();
  CHECK(q.order() == "acde");
  q.turns.leave(a);
  q.settle();
  CHECK(q.order() == "acdeb");
  q.turns.leave(b);
}

TEST_CASE("who leaves before its turn has none") {
  Queue q({.at_once = 1, .per_host = 1});
  const char* a = q.ask("a", "h");
  const char* b = q.ask("b", "h");
  q.ask("c", "h");
  q.turns.leave(b);
  q.settle();
  CHECK(q.order() == "a");
  q.turns.leave(a);
  CHECK(q.had_are(2));
  CHECK(q.order() == "ac");
}

TEST_CASE("between two to one host there is a pause, and others go meanwhile") {
  Queue q({.at_once = 9, .per_host = 9, .host_interval = milliseconds(500)});
  const base::Time begun = base::Clock::now();
  q.ask("a", "h");
  q.ask("b", "h");
  q.ask("c", "other");
  CHECK(q.had_are(2));
  CHECK(q.order() == "ac");
  CHECK(q.had_are(3));
  CHECK(base::Clock::now() - begun >= milliseconds(495));
}

TEST_CASE("a thousand have their turns, also when each gives up at once, and limits may change") {
  Queue q({.at_once = 3, .per_host = 2});
  std::list<std::string> names;
  for (int i = 0; i < 1000; i++) {
    names.push_back(base::cat(i));
    const char* name = names.back().c_str();
    q.turns.ask(name, base::cat("host", i % 7), [&q, name] {
      q.had.emplace_back(name);
      q.turns.leave(name);
    });
  }
  CHECK(q.had_are(1000));
  CHECK(q.turns.active() == 0);
  CHECK(q.turns.waiting() == 0);
  const char* a = q.ask("a", "h");
  q.ask("b", "h");
  q.ask("c", "h");
  q.settle();
  CHECK(q.had.size() == 1002);
  q.turns.limit({.at_once = 3, .per_host = 3});
  CHECK(q.had_are(1003));
  q.turns.leave(a);
}
