// SessionEnd, against real processes.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "lib/net/process_tree.h"
#include "lib/net/session_end.h"
#include "lib/pty/pty.h"
#include "tests/unit/help.h"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Started {
  std::unique_ptr<net::Child> child;
  base::Fd master;
};

// A shell on a terminal, which has said "up" when this returns.
Started start(net::Loop& loop, const std::string& script, bool& exited) {
  auto pair = pty::open({});
  REQUIRE(pair);
  net::Command command;
  command.argv = {"sh", "-c", script};
  command.environment = net::environment();
  command.in = command.out = command.err = pair->slave.get();
  command.terminal = true;
  auto child = net::Child::start(loop, command, [&](int) { exited = true; });
  REQUIRE(child);
  pair->slave.reset();
  std::string got;
  const base::Time until = base::Clock::now() + seconds(10);
  while (got.find("up") == std::string::npos && base::Clock::now() < until) {
    char buf[256];
    const ssize_t n = ::read(pair->master.get(), buf, sizeof buf);
    if (n > 0) got.append(buf, static_cast<size_t>(n));
    if (n < 0) ::usleep(1000);
  }
  REQUIRE(got.find("up") != std::string::npos);
  return {std::move(*child), std::move(pair->master)};
}

size_t of_session(pid_t id) {
  size_t n = 0;
  for (const net::Process& p : net::all_processes()) n += p.session == id ? 1 : 0;
  return n;
}

void run_until_idle(net::Loop& loop, net::SessionEnd& end, base::Duration limit) {
  bool idle = false;
  end.on_idle([&] {
    idle = true;
    loop.stop();
  });
  net::Timer timer(loop, [&] { loop.stop(); });
  timer.after(limit);
  loop.run();
  CHECK(idle);
  CHECK(end.pending() == 0);
}

}  // namespace

TEST_CASE("a session's processes end with it, in the background and in other groups, too") {
  net::Loop loop;
  net::SessionEnd end(loop);
  bool exited = false;
  Started s = start(loop, "set -m; sleep 300 & sleep 301 & echo up; wait", exited);
  const pid_t id = s.child->pid();
  CHECK(of_session(id) == 3);
  end.end(std::move(s.child));
  run_until_idle(loop, end, seconds(4));
  CHECK(of_session(id) == 0);
  CHECK_FALSE(exited);  // nobody wanted to know
}

TEST_CASE("who ignores HUP and TERM is killed after the grace, also a child in another session") {
  net::Loop loop;
  net::SessionEnd end(loop);
  bool exited = false;
  Started s = start(loop,
                    "trap '' HUP TERM; setsid -w sh -c 'trap \"\" HUP TERM; echo up; sleep 302; "
                    "sleep 302'; sleep 302",
                    exited);
  const pid_t id = s.child->pid();
  s.master.reset();
  end.end(std::move(s.child));
  run_until_idle(loop, end, seconds(20));
  for (const net::Process& p : net::all_processes()) {
    const auto line = base::read_file("/proc/" + std::to_string(p.pid) + "/cmdline", 4096);
    if (line) CHECK(line->find(std::string("sleep\000302", 9)) == std::string::npos);
  }
  CHECK(of_session(id) == 0);
}
