#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/net/child.h"
#include "lib/net/process_tree.h"
#include "lib/pty/pty.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Fd;
using base::Result;
using help::Folder;
using help::run_until;
using net::Child;
using net::Command;
using net::Loop;

namespace {
struct Ran {
  std::string out;
  int status = -1;
};

// Runs a command to its end; what it wrote, and wait(2)'s status.
Ran run(Command command) {
  Loop loop;
  Result<base::Pipe> pipe = base::make_pipe();
  REQUIRE(pipe);
  command.out = pipe->write.get();
  if (command.environment.empty()) command.environment = net::environment();
  std::optional<int> status;
  Result<std::unique_ptr<Child>> child = Child::start(loop, command, [&](int s) { status = s; });
  REQUIRE(child);
  CHECK((*child)->running());
  pipe->write.reset();
  help::Far far(std::move(pipe->read));
  CHECK(run_until(loop, [&] { return far.at_end() && status; }));
  CHECK_FALSE((*child)->running());
  (*child)->signal(SIGKILL);  // nobody is hit
  return {far.got, status.value_or(-1)};
}

Command shell(const std::string& script) {
  Command c;
  c.argv = {"sh", "-c", script};
  return c;
}

base::Error failure(const Command& command) {
  Loop loop;
  const Result<std::unique_ptr<Child>> child =
      Child::start(loop, command, [](int) { FAIL("it ran"); });
  REQUIRE_FALSE(child);
  return child.error();
}
}  // namespace

TEST_CASE("a child's end is told with its status, in words and as an exit status") {
  struct Row {
    const char* script;
    const char* text;
    int code;
  };
  for (const Row& row : std::vector<Row>{{"exit 0", "exit status 0", 0},
                                         {"exit 3", "exit status 3", 3},
                                         {"kill -KILL $$", "signal 9 (Killed)", 137},
                                         {"kill -TERM $$", "signal 15 (Terminated)", 143}}) {
    const int status = run(shell(row.script)).status;
    CHECK(net::status_text(status) == row.text);
    CHECK(net::exit_code(status) == row.code);
  }
}

TEST_CASE("a program that cannot be run is an error with its name and the reason") {
  const Folder dir;
  help::put_file(dir / "text", "not a program");
  Command c;
  c.argv = {"no-such-program-at-all"};
  CHECK(failure(c).what == "cannot run no-such-program-at-all: No such file or directory");
  CHECK(failure(c).code == Errc::not_found);
  c.argv = {dir / "text"};
  CHECK(failure(c).what == "cannot run " + dir / "text" + ": Permission denied");
  CHECK(failure(c).code == Errc::denied);
  c.argv = {"true"};
  const Result<Fd> file = base::open_file(dir / "text", O_RDONLY);
  c.folder = file->get();
  CHECK(failure(c).what == "working folder or standard files: Not a directory");
  c.folder = -1;
  c.terminal = true;
  c.in = file->get();
  CHECK(failure(c).what == "controlling terminal: Inappropriate ioctl for device");
  // None of these left a process or a descriptor behind.
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a bare child inherits its standard files alone") {
  const Fd extra(::fcntl(STDIN_FILENO, F_DUPFD, 50));  // not close-on-exec
  Command c = shell("ls /proc/self/fd | grep -cx " + std::to_string(extra.get()));
  CHECK(run(c).out == "1\n");
  c.bare = true;
  CHECK(run(c).out == "0\n");
}

// What is above those that it is given is not even copied; what is below must not be missing.
TEST_CASE("a bare child of a process with many descriptors gets its own, and takes none away") {
  std::vector<Fd> many;
  for (int i = 0; i < 500; i++) many.emplace_back(::fcntl(STDIN_FILENO, F_DUPFD, 100));
  const size_t before = help::open_descriptors();
  for (const bool is_high : {false, true}) {
    Result<base::Pipe> pipe = base::make_pipe();
    REQUIRE(pipe);
    REQUIRE(base::write_all(pipe->write.get(), "given\n"));
    pipe->write.reset();
    if (is_high) pipe->read = Fd(::fcntl(pipe->read.get(), F_DUPFD_CLOEXEC, 300));
    Command c = shell("cat; ls /proc/self/fd");
    c.bare = true;
    c.in = pipe->read.get();
    CHECK(run(c).out == "given\n0\n1\n2\n3\n");  // 3: the folder that ls reads
  }
  Command missing;
  missing.argv = {"/no/such/program"};
  missing.environment = net::environment();
  missing.bare = true;
  CHECK(failure(missing).what == "cannot run /no/such/program: No such file or directory");
  CHECK(help::open_descriptors() == before);
}

TEST_CASE("a helper that is ended is gone and collected, and nobody is told") {
  Loop loop;
  Command c = shell("sleep 60 & wait");
  c.environment = net::environment();
  c.group = true;
  const Result<std::unique_ptr<Child>> child = Child::start(loop, c, [](int) { FAIL("told"); });
  REQUIRE(child);
  (*child)->end();
  CHECK_FALSE((*child)->running());
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  (*child)->end();
  help::run_for(loop, std::chrono::milliseconds(1));
}

TEST_CASE("the last line of what a helper said, without its name") {
  CHECK(net::last_line("", "x").empty());
  CHECK(net::last_line("\n\n", "x").empty());
  CHECK(net::last_line("x: why", "x") == "why");
  CHECK(net::last_line("x: one\nx: two\n\n", "x") == "two");
  CHECK(net::last_line("xy: one", "x") == "xy: one");
}

TEST_CASE("a child has the environment it was given, and its own process id in it") {
  Command c;
  c.argv = {"/usr/bin/env"};
  c.environment = {"A=1", "B=two words"};
  CHECK(run(c).out == "A=1\nB=two words\n");
  c = shell("echo $LM_PID $$");
  c.environment = net::environment();
  c.pid_variable = "LM_PID";
  const std::string out = run(c).out;
  CHECK(out.substr(0, out.find(' ')) == out.substr(out.find(' ') + 1, out.size() / 2 - 1));
  CHECK(out.size() > 3);
}

TEST_CASE("a child has the umask, the folder and the descriptor limit it was given") {
  const Folder dir;
  Command c = shell("umask; pwd; ulimit -n");
  const Result<Fd> folder = base::open_file(dir.path(), O_RDONLY | O_DIRECTORY);
  c.folder = folder->get();
  c.umask = 027;
  c.descriptors = 123;
  const std::string real = std::filesystem::canonical(dir.path());
  CHECK(run(c).out == "0027\n" + real + "\n123\n");
  CHECK(std::filesystem::current_path() != real);
}

TEST_CASE("a child has its parent's descriptors 0 to 2, or those it was given") {
  const Folder dir;
  help::put_file(dir / "in", "from a file\n");
  const Result<Fd> in = base::open_file(dir / "in", O_RDONLY);
  const Result<Fd> err = base::open_file(dir / "err", O_WRONLY | O_CREAT);
  Command c = shell("cat; echo problem >&2");
  c.in = in->get();
  c.err = err->get();
  CHECK(run(c).out == "from a file\n");
  CHECK(help::text(dir / "err") == "problem\n");
}

TEST_CASE("no descriptor of ours is open in a child") {
  const Folder dir;
  const Result<Fd> file = base::open_file(dir / "x", O_RDWR | O_CREAT);
  const help::Ends ends = help::socket_pair();
  Result<pty::Pair> pty = pty::open({});
  REQUIRE(pty);
  // Those that whoever started this test left open are not ours.
  std::set<std::string> expected = {"0", "1", "2"};
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) expected.insert(std::to_string(fd));
  }
  Command c = shell("ls /proc/$$/fd; true");
  std::set<std::string> open;
  std::string out = run(c).out;
  for (size_t end = 0; (end = out.find('\n')) != std::string::npos; out.erase(0, end + 1)) {
    open.insert(out.substr(0, end));
  }
  CHECK(open == expected);
}

TEST_CASE("a child starts with no signal blocked or ignored, and we keep ours") {
  sigset_t block{}, before{}, after{};
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &block, &before);
  std::signal(SIGQUIT, SIG_IGN);
  Command c;
  c.argv = {"grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"};
  // 32 and 33 are the C library's own: make(1) starts programs with those ignored, and sigaction(2)
  // lets nobody touch them.
  std::string out = run(c).out;
  for (const size_t own : {out.size() - 10, out.size() - 9}) out.at(own) = '0';
  CHECK(out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  std::signal(SIGQUIT, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &before, &after);
  CHECK(::sigismember(&after, SIGUSR2) == 1);
}

TEST_CASE("a child with a terminal leads its session, and a signal reaches its whole group") {
  Loop loop;
  Result<pty::Pair> pty = pty::open({});
  REQUIRE(pty);
  Command c = shell("sleep 1000 & echo ready >/dev/tty; wait");
  c.environment = net::environment();
  c.in = c.out = c.err = pty->slave.get();
  c.terminal = true;
  std::optional<int> status;
  Result<std::unique_ptr<Child>> child = Child::start(loop, c, [&](int s) { status = s; });
  REQUIRE(child);
  CHECK(::getsid((*child)->pid()) == (*child)->pid());
  pty->slave.reset();
  help::Far far(std::move(pty->master));
  CHECK(run_until(loop, [&] { return far.has("ready"); }));
  (*child)->signal(SIGTERM);
  CHECK(run_until(loop, [&] { return status.has_value(); }));
  CHECK(net::status_text(*status) == "signal 15 (Terminated)");
  // The end of the terminal comes when the sleep has gone too.
  CHECK(run_until(loop, [&] { return far.at_end(); }));
}

TEST_CASE("a child that leads no group is signalled alone") {
  Loop loop;
  Command c;
  c.argv = {"sleep", "1000"};
  c.environment = net::environment();
  std::optional<int> status;
  Result<std::unique_ptr<Child>> child = Child::start(loop, c, [&](int s) { status = s; });
  REQUIRE(child);
  (*child)->signal(SIGKILL);
  CHECK(run_until(loop, [&] { return status.has_value(); }));
  CHECK(net::exit_code(*status) == 137);
}

namespace {
void wait_a_little() {
  ::poll(nullptr, 0, 1);
}

template <class Condition>
bool eventually(Condition condition) {
  const base::Time deadline = base::Clock::now() + help::kPatience;
  while (!condition()) {
    if (base::Clock::now() > deadline) return false;
    wait_a_little();
  }
  return true;
}

pid_t start(const char* script) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execlp("sh", "sh", "-c", script, nullptr);
    ::_exit(127);
  }
  return pid;
}

// Starts a script, waits until it has made `count` processes, ends them all.
std::string ended(const char* script, size_t count) {
  return help::forked([&]() -> std::string {
    net::become_subreaper();
    start(script);
    std::vector<pid_t> all;
    // On the way there are more: those that only start others.
    if (!eventually([&] { return (all = net::descendants()).size() == count; })) return "others";
    const bool gone = eventually([] {
      const bool none = net::kill_descendants();
      net::reap_orphans(0);
      return none;
    });
    if (!gone) return "not ended";
    for (const pid_t p : all) {
      if (::kill(p, 0) == 0) return "one lives";
    }
    return "ended";
  });
}
}  // namespace

TEST_CASE("a whole process tree is found and ended, also what went away from it") {
  CHECK(ended("sleep 1000 & sleep 1000 & wait", 3) == "ended");
  CHECK(ended("setsid sleep 1000 & setsid sleep 1000 & wait", 3) == "ended");
  // Orphans: their parents have ended.
  CHECK(ended("(setsid sh -c 'sleep 1000 & sleep 1000; :' &) ; exit 0", 3) == "ended");
  CHECK(ended("(sleep 1000 &); (sleep 1000 &); trap '' TERM HUP; sleep 1000; :", 4) == "ended");
}

TEST_CASE("a process that keeps forking is ended") {
  CHECK(help::forked([]() -> std::string {
          net::become_subreaper();
          start("i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; wait");
          if (!eventually([] { return net::descendants().size() > 5; })) return "none";
          return eventually([] {
            const bool none = net::kill_descendants();
            net::reap_orphans(0);
            return none;
          })
                     ? "ended"
                     : "not ended";
        }) == "ended");
}

TEST_CASE("orphans are taken away, but not what somebody else waits for") {
  CHECK(help::forked([]() -> std::string {
          const pid_t mine = start("exit 7");
          const bool over = eventually([] { return net::descendants().empty(); });
          net::reap_orphans(mine);
          int status = 0;
          if (!over || ::waitpid(mine, &status, 0) != mine) return "lost";
          start("exit 0");
          const bool gone = eventually([] {
            net::reap_orphans(0);
            return ::waitpid(-1, nullptr, WNOHANG) == -1;
          });
          return gone && WEXITSTATUS(status) == 7 ? "right" : "wrong";
        }) == "right");
}
