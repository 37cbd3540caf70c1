#include "lib/redis/embedded.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include "lib/net/dialler.h"

namespace redis {

using base::Errc;
using base::Error;
using base::Fd;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr auto kLook = milliseconds(10);    // how often what is waited for is looked at
constexpr auto kFindPatience = seconds(1);  // for a server that shall answer at once
constexpr int kReport = 3;                  // the descriptor where the script says "ready"
constexpr size_t kLogTail = 16384;

int left_ms(base::Time deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - base::Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1000000));
}

void pause() {
  ::poll(nullptr, 0, static_cast<int>(kLook.count()));
}

// ---- Does a server answer?

enum class State { serves, loads, ends };

// What it says to PING. not_found: nobody listens; timeout: somebody does, and says nothing.
Result<State> look(const std::string& socket, base::Time deadline) {
  const Result<net::Address> address = net::unix_address(socket);
  if (!address) return address.error();
  const Result<Fd> fd = net::dial(*address, deadline);
  if (!fd) return fd.error();
  constexpr std::string_view kPing = "PING\r\n";
  if (::send(fd->get(), kPing.data(), kPing.size(), MSG_NOSIGNAL) < 0) return State::ends;
  pollfd p{fd->get(), POLLIN, 0};
  if (::poll(&p, 1, left_ms(deadline)) <= 0) return base::sys_error(ETIMEDOUT, socket);
  std::array<char, 64> answer{};
  const ssize_t n = ::recv(fd->get(), answer.data(), answer.size(), 0);
  if (n <= 0) return State::ends;  // caught while it was shutting down
  const bool loads = std::string_view(answer.data()).starts_with("-LOADING");
  return loads ? State::loads : State::serves;
}

// ---- Files

Result<Fd> lock(const std::string& path, base::Time deadline) {
  Result<Fd> fd = base::open_file(path, O_RDWR | O_CREAT, 0600);
  if (!fd) return fd;
  while (::flock(fd->get(), LOCK_EX | LOCK_NB) < 0) {
    if (base::Clock::now() >= deadline) {
      return base::error(Errc::timeout, path, ": somebody else starts redis-server, and is slow");
    }
    pause();
  }
  return fd;
}

bool in_path(const std::string& program) {
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/bin:/bin" : variable;
  while (!path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    if (::access(base::cat(path.substr(0, end), "/", program).c_str(), X_OK) == 0) return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

// The last line of the log that says something.
std::string last_words(const std::string& log) {
  const Result<std::string> text = base::read_file(log, kLogTail);
  if (!text) return text.error().what;
  const size_t end = text->find_last_not_of('\n');
  if (end == std::string::npos) return "without a word";
  const size_t before = text->rfind('\n', end);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  return text->substr(begin, end + 1 - begin);
}

// ---- Starting one

struct Plan {
  std::string script, socket, folder, log;
};

[[noreturn]] void become_script(const Plan& plan, int null, int log, int report) {
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::dup2(report, kReport);
  // Whoever waits for the end of our caller's pipes must not wait for the server.
  ::close_range(kReport + 1, ~0U, 0);
  for (int s = 1; s < NSIG; s++) std::signal(s, SIG_DFL);
  sigset_t none{};
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  static_cast<void>(::chdir("/") < 0);
  ::execl(plan.script.c_str(), plan.script.c_str(), plan.socket.c_str(), plan.folder.c_str(),
          static_cast<char*>(nullptr));
  const std::string why = base::sys_error(errno, plan.script).what;
  static_cast<void>(static_cast<bool>(base::write_all(kReport, why)));
  ::_exit(127);
}

// The same file on a descriptor out of the way of those that the script gets.
int high(const Fd& fd) {
  return ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kReport + 1);
}

// Forked twice, in a session of its own: no child of a tool that may live on, and out of reach of
// the keys of its terminal. The descriptor says "ready", or why not.
Result<Fd> launch(const Plan& plan) {
  const Result<Fd> null = base::open_file("/dev/null", O_RDWR);
  if (!null) return null.error();
  const Result<Fd> log = base::open_file(plan.log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
  if (!log) return log.error();
  Result<base::Pipe> pipe = base::make_pipe();
  if (!pipe) return pipe.error();
  const pid_t pid = ::fork();
  if (pid < 0) return base::sys_error(errno, "fork");
  if (pid == 0) {
    ::setsid();
    if (::fork() == 0) become_script(plan, high(*null), high(*log), high(pipe->write));
    ::_exit(0);
  }
  ::waitpid(pid, nullptr, 0);
  return std::move(pipe->read);
}

Error did_not_start(const Plan& plan, const std::string& said) {
  return base::error(Errc::io,
                     "redis-server did not start: ", said.empty() ? last_words(plan.log) : said,
                     " (", plan.log, ")");
}

// Until the script is ready, or has ended.
Result<void> wait_for_script(const Plan& plan, int report, base::Time deadline) {
  std::string said;
  while (said != "ready\n") {
    pollfd p{report, POLLIN, 0};
    if (::poll(&p, 1, left_ms(deadline)) == 0) {
      return base::error(Errc::timeout, "redis-server takes long to start: ", last_words(plan.log),
                         " (", plan.log, ")");
    }
    std::array<char, 512> buf{};
    const ssize_t n = ::read(report, buf.data(), buf.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return did_not_start(plan, said);
    said.append(buf.data(), static_cast<size_t>(n));
  }
  return {};
}

Result<void> start(const std::string& socket, base::Time deadline) {
  if (!in_path("redis-server")) {
    return base::error(Errc::not_found,
                       "redis-server is not installed: apt install redis-server, or set "
                       "LINEMAN_REDIS to the URL of a Redis");
  }
  const std::string folder = base::paths::state() + "/redis";
  const Plan plan{base::paths::libexec() + "/redis-embedded", socket, folder,
                  folder + "/start.log"};
  Result<void> made = base::paths::make_folders(folder);
  if (!made) return made;
  const Result<Fd> report = launch(plan);
  if (!report) return report.error();
  return wait_for_script(plan, report->get(), deadline);
}

// One that listens, until it serves. False: there is none.
Result<bool> wait_for_server(const std::string& socket, base::Time deadline) {
  for (;;) {
    const Result<State> state = look(socket, deadline);
    if (!state && state.error().code == Errc::not_found) return false;
    if (!state) return base::in("embedded Redis", state.error());
    if (*state == State::serves) return true;
    if (base::Clock::now() >= deadline) {
      return base::error(Errc::timeout, "embedded Redis: ", socket, ": still ",
                         *state == State::loads ? "loads its data" : "shuts down");
    }
    pause();
  }
}

}  // namespace

Result<std::string> start_embedded(base::Time deadline) {
  Result<std::string> runtime = base::paths::make_runtime();
  if (!runtime) return runtime.error();
  const std::string socket = *runtime + "/redis.sock";
  Result<bool> there = wait_for_server(socket, deadline);
  if (!there) return there.error();
  if (*there) return socket;
  const Result<Fd> held = lock(*runtime + "/redis.lock", deadline);
  if (!held) return held.error();
  there = wait_for_server(socket, deadline);  // who had the lock before us has started it
  if (!there) return there.error();
  if (*there) return socket;
  Result<void> started = start(socket, deadline);
  if (!started) return started.error();
  there = wait_for_server(socket, deadline);
  if (!there) return there.error();
  if (!*there) return base::error(Errc::io, "embedded Redis: ", socket, ": went away again");
  return socket;
}

Result<std::string> find_embedded() {
  const std::string socket = base::paths::runtime() + "/redis.sock";
  const Result<State> state = look(socket, base::Clock::now() + kFindPatience);
  if (!state) return state.error();
  return socket;
}

}  // namespace redis
