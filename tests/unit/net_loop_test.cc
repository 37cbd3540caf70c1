#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/net/loop.h"
#include "tests/unit/help.h"

using net::Loop;
using net::Timer;
using net::Watch;
using std::chrono::milliseconds;

TEST_CASE("a loop ends when nothing is left to wait for, or when it is stopped") {
  Loop loop;
  loop.run();
  int fired = 0;
  Timer timer(loop, [&] { fired++; });
  timer.after(milliseconds(1));
  loop.run();
  CHECK(fired == 1);
  Timer stop(loop, [&] { loop.stop(); });
  Timer never(loop, [&] { fired++; });
  stop.after(milliseconds(1));
  never.after(std::chrono::hours(1));
  loop.run();
  CHECK(fired == 1);
  CHECK(never.pending());
}

TEST_CASE("timers fire in the order of their time, once, and the past is now") {
  Loop loop;
  std::string order;
  Timer a(loop, [&] { order += 'a'; });
  Timer b(loop, [&] { order += 'b'; });
  Timer c(loop, [&] { order += 'c'; });
  Timer d(loop, [&] { order += 'd'; });
  a.after(milliseconds(6));
  b.after(milliseconds(3));
  c.at(loop.now() - std::chrono::hours(1));
  d.after(milliseconds(1));
  d.cancel();
  CHECK_FALSE(d.pending());
  CHECK(a.pending());
  loop.run();
  CHECK(order == "cba");
  CHECK_FALSE(a.pending());
  d.cancel();
}

TEST_CASE("a timer that is set again fires at the new time alone, also in its own callback") {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] {
    if (++fired < 3) timer.after(milliseconds(1));
  });
  timer.after(std::chrono::hours(1));
  timer.after(milliseconds(1));
  loop.run();
  CHECK(fired == 3);
}

TEST_CASE("a timer does not fire early") {
  Loop loop;
  const base::Time begin = base::Clock::now();
  base::Time end;
  Timer timer(loop, [&] { end = base::Clock::now(); });
  timer.at(begin + milliseconds(20));
  loop.run();
  CHECK(end - begin >= milliseconds(19));
}

TEST_CASE("what is deferred runs after the callback, in order, and its own deferrals later") {
  Loop loop;
  std::string order;
  Timer timer(loop, [&] {
    loop.defer([&] {
      order += 'a';
      loop.defer([&] { order += 'c'; });
    });
    loop.defer([&] { order += 'b'; });
    order += '1';
  });
  timer.after(milliseconds(1));
  loop.run();
  CHECK(order == "1abc");
}

TEST_CASE("an object deletes itself by deferring, from its own callback") {
  struct Once {
    Once(Loop& l, std::unique_ptr<Once>& mine)
        : timer(l, [&l, &mine] { l.defer([&mine] { mine.reset(); }); }) {
      timer.after(milliseconds(1));
    }
    Timer timer;
  };
  Loop loop;
  std::unique_ptr<Once> one;
  one = std::make_unique<Once>(loop, one);
  loop.run();
  CHECK_FALSE(one);
}

TEST_CASE("what is still deferred when a loop goes is dropped") {
  const auto token = std::make_shared<int>(1);
  {
    Loop loop;
    loop.defer([token] { FAIL("ran"); });
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("a watch is told what its descriptor is ready for, as long as it wants that") {
  Loop loop;
  const help::Ends ends = help::socket_pair();
  unsigned seen = 0;
  int calls = 0;
  Watch watch(loop, ends.near.get(), [&](unsigned ready) {
    seen |= ready;
    calls++;
  });
  watch.want(Watch::kRead);
  CHECK(watch.wanted() == Watch::kRead);
  help::run_for(loop, milliseconds(5));
  CHECK(calls == 0);
  watch.want(Watch::kRead | Watch::kWrite);
  CHECK(help::run_until(loop, [&] { return calls > 0; }));
  CHECK(seen == Watch::kWrite);
  watch.want(Watch::kRead);
  REQUIRE(base::write_all(ends.far.get(), "x"));
  CHECK(help::run_until(loop, [&] { return (seen & Watch::kRead) != 0; }));
  watch.want(Watch::kNothing);
  calls = 0;
  help::run_for(loop, milliseconds(5));
  CHECK(calls == 0);
}

TEST_CASE("a watch may be deleted in the callback of another that is ready too") {
  Loop loop;
  const help::Ends a = help::socket_pair(), b = help::socket_pair();
  REQUIRE(base::write_all(a.far.get(), "x"));
  REQUIRE(base::write_all(b.far.get(), "x"));
  std::unique_ptr<Watch> one, two;
  int calls = 0;
  one = std::make_unique<Watch>(loop, a.near.get(), [&](unsigned) {
    calls++;
    two.reset();
    one->want(Watch::kNothing);
  });
  two = std::make_unique<Watch>(loop, b.near.get(), [&](unsigned) {
    calls++;
    one.reset();
    two->want(Watch::kNothing);
  });
  one->want(Watch::kRead);
  two->want(Watch::kRead);
  loop.run();
  CHECK(calls == 1);
}

namespace {
// More descriptors than are looked at in a row, which are always ready, for nobody reads them.
struct Flood {
  Flood(Loop& loop, const std::function<void()>& called) {
    for (int i = 0; i < 20; i++) {
      sources.push_back(help::socket_pair());
      REQUIRE(base::write_all(sources.back().far.get(), "x"));
      watches.push_back(std::make_unique<Watch>(
          loop, sources.back().near.get(), [called](unsigned) { called(); }, net::Priority::bulk));
      watches.back()->want(Watch::kRead);
    }
  }
  std::vector<help::Ends> sources;
  std::vector<std::unique_ptr<Watch>> watches;
};
}  // namespace

TEST_CASE("a flood does not keep others waiting") {
  Loop loop;
  int since = 0, worst = 0;
  const Flood flood(loop, [&] { since++; });
  const help::Ends typing = help::socket_pair();
  REQUIRE(base::write_all(typing.far.get(), "x"));
  int turns = 0;
  Watch urgent(loop, typing.near.get(), [&](unsigned) {
    worst = std::max(worst, since);
    since = 0;
    if (++turns == 100) loop.stop();
  });
  urgent.want(Watch::kRead);
  loop.run();
  CHECK(turns == 100);
  CHECK(worst <= 5);  // four callbacks, and one that was begun
}

TEST_CASE("the clock and the timers go on in a flood") {
  Loop loop;
  base::Time set, fired;
  Timer timer(loop, [&] {
    fired = loop.now();
    loop.stop();
  });
  int calls = 0, behind = 0;
  const Flood flood(loop, [&] {
    const base::Time before = base::Clock::now();
    if (loop.now() < before) behind++;
    if (++calls == 100) timer.at((set = before) + milliseconds(40));
  });
  loop.run();
  CHECK(calls > 100);
  CHECK(behind == 0);
  CHECK(fired - set >= milliseconds(30));  // libevent's own clock is a coarse one
}

TEST_CASE("a timer set late in a long callback does not fire early") {
  Loop loop;
  base::Time set, fired;
  Timer timer(loop, [&] { fired = base::Clock::now(); });
  Timer long_one(loop, [&] {
    const base::Time begin = base::Clock::now();
    while (base::Clock::now() - begin < milliseconds(40)) {
    }
    set = base::Clock::now();
    timer.after(milliseconds(20));
  });
  long_one.after(milliseconds(1));
  loop.run();
  CHECK(fired - set >= milliseconds(19));
}

TEST_CASE("signals are events of the loop") {
  Loop loop;
  std::vector<int> got;
  net::Signals signals(loop, {SIGUSR1, SIGUSR2}, [&](int s) { got.push_back(s); });
  ::raise(SIGUSR1);
  CHECK(help::run_until(loop, [&] { return got.size() == 1; }));
  ::raise(SIGUSR2);
  CHECK(help::run_until(loop, [&] { return got.size() == 2; }));
  CHECK(got == std::vector<int>{SIGUSR1, SIGUSR2});
}
