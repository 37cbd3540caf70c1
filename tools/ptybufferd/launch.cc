#include "tools/ptybufferd/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/net/process_tree.h"
#include "lib/peer/ask.h"

namespace ptybufferd {

using base::Fd;

namespace {

constexpr int kOldFailure = 255;  // ptybuffer's for everything but usage
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kLongestEnd = std::chrono::seconds(10);
constexpr auto kLook = std::chrono::milliseconds(50);

void leave_terminal(bool keep_stdout, bool keep_stderr) {
  const base::Result<Fd> null = base::open_file("/dev/null", O_RDWR);
  if (!null) return;
  ::dup2(null->get(), STDIN_FILENO);
  if (!keep_stdout) ::dup2(null->get(), STDOUT_FILENO);
  if (!keep_stderr) ::dup2(null->get(), STDERR_FILENO);
}

// What came in from the caller beyond stdio is the caller's: a command that lives for weeks must
// not hold its pipes. Sockets from systemd come right after stdio.
void close_the_rest() {
  const char* passed = std::getenv("LISTEN_FDS");
  const base::Result<int64_t> n = base::parse_number(passed == nullptr ? "0" : passed, 0, 64);
  ::close_range(3U + static_cast<unsigned>(n ? *n : 0), ~0U, 0);
}

// The status that the daemon says through the pipe; where it died without a word, a failure.
int wait_for(int report) {
  unsigned char status = base::kExitSystem;
  while (::read(report, &status, 1) < 0 && errno == EINTR) {
  }
  return status;
}

// Copies what is readable on `from` to `to`; false at the end.
bool copy_some(int from, int to) {
  std::array<char, 16384> buf;  // NOLINT: filled by read
  const ssize_t n = ::read(from, buf.data(), buf.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  return n > 0 && base::write_all(to, {buf.data(), static_cast<size_t>(n)});
}

// A process of its own, since stdin may be a file, which no event loop can wait for.
[[noreturn]] void pump(int socket) {
  std::signal(SIGPIPE, SIG_IGN);
  base::set_nonblocking(socket, false);
  std::array<pollfd, 2> p{{{socket, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  for (;;) {
    if (::poll(p.data(), p.size(), -1) < 0 && errno != EINTR) ::_exit(base::kExitSystem);
    if (p[0].revents != 0 && !copy_some(socket, STDOUT_FILENO)) ::_exit(0);
    if (p[1].revents != 0 && !copy_some(STDIN_FILENO, socket)) {
      ::shutdown(socket, SHUT_WR);
      p[1].fd = -1;
    }
  }
}

// The control socket is asked first: a cron job's look should be no viewer in the log each minute.
// Where one of them may not be asked, and the other does not answer, nobody knows.
base::Result<bool> answered(const Options& options) {
  base::Result<bool> found = false;
  for (const std::string& name : {options.control, options.socket}) {
    const base::Result<net::Address> a = net::unix_address(name);
    if (!a) continue;
    base::Result<bool> one = net::answers(*a);
    if (one && *one) return true;
    if (!one) found = std::move(one);
  }
  return found;
}

// It was told to stop, and its command takes its time: no more than the grace that it has.
bool ends(const Options& options) {
  const auto status =
      peer::ask(options.control, {{"cmd", "status"}}, base::Clock::now() + kPatience);
  return status && peer::text_of(*status, "state") == "ending";
}

pid_t checked_fork() {
  const pid_t pid = ::fork();
  if (pid < 0) base::die(base::sys_error(errno, "fork"));
  return pid;
}

}  // namespace

Launch::Launch(const Options& options) : options_(options) {
  base::fill_standard_files();
  close_the_rest();
  auto folder = base::open_file(".", O_PATH | O_DIRECTORY);
  if (folder) folder_ = std::move(*folder);
  Fd stdio_end;
  std::array<int, 2> pair{-1, -1};
  if (options.stdio) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0) {
      base::die(base::sys_error(errno, "socketpair"));
    }
    stdio_ = Fd(pair[0]);
    stdio_end = Fd(pair[1]);
  }
  if (options.foreground) {
    if (stdio_end) start_pump(stdio_end.get());
  } else {
    fork_away(stdio_end.get());
  }
  static_cast<void>(::chdir("/") < 0);
  net::become_subreaper();
}

// Forked twice, so that it is nobody's child and no part of the command's tree.
void Launch::start_pump(int socket) {
  const pid_t helper = checked_fork();
  if (helper == 0) {
    stdio_.reset();
    if (checked_fork() > 0) ::_exit(0);
    pump(socket);
  }
  ::waitpid(helper, nullptr, 0);
}

void Launch::fork_away(int stdio_end) {
  base::Result<base::Pipe> pipe = base::make_pipe();
  if (!pipe) base::die(pipe.error());
  if (checked_fork() > 0) {
    pipe->write.reset();
    stdio_.reset();
    const int status = wait_for(pipe->read.get());
    if (status == 0 && stdio_end >= 0) pump(stdio_end);
    ::_exit(status);
  }
  ::setsid();
  report_ = std::move(pipe->write);
}

void Launch::up() {
  if (!report_) return;
  const char ok = 0;
  static_cast<void>(::write(report_.get(), &ok, 1) < 0);
  report_.reset();
  leave_terminal(options_.output == "-", options_.log == "-");
}

int Launch::failed(const base::Error& e) {
  const bool busy = e.code == base::Errc::busy;
  int status = base::kExitSystem;
  std::string text = base::cat(base::log::program(), ": ", base::log::printable(e.what), "\n");
  if (options_.old_name && busy) {
    status = kOldFailure;
    text = "bind: Address already in use\nerror: unexpected error\n";
  }
  const base::Result<bool> there = answered(options_);
  if (options_.check && busy && there && *there) {
    // Somebody else started the job since we looked.
    status = kExitAnswers;
    text.clear();
  }
  static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, text)));
  const auto code = static_cast<unsigned char>(status);
  if (report_) static_cast<void>(::write(report_.get(), &code, 1) < 0);
  return status;
}

void check_alive(const Options& options) {
  if (!options.check) return;
  if (const auto a = net::unix_address(options.socket); !a) base::die(a.error());
  const bool starts = !options.command.empty() || !options.device.empty();
  base::Result<bool> there = answered(options);
  const base::Time until = base::Clock::now() + kLongestEnd;
  while (starts && there && *there && ends(options) && base::Clock::now() < until) {
    std::this_thread::sleep_for(kLook);
    there = answered(options);
  }
  if (!there) base::die(there.error());
  if (*there) std::exit(kExitAnswers);
  if (!starts) std::exit(kExitNoAnswer);
}

}  // namespace ptybufferd
