#include "lib/net/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>

#include "lib/base/cat.h"
#include "lib/base/high_fd.h"

namespace net {

using base::Fd;
using base::Result;

namespace {

constexpr size_t kPidDigits = 20;
constexpr size_t kStack = size_t{32} * 1024;  // execvpe puts a path together there

// Everything the new process needs, made before it is: until exec only system calls are allowed,
// for the parent's memory is shared and its thread stands still.
struct Plan {
  std::vector<char*> argv, environment;
  std::array<int, 3> stdio{};
  char* pid_text = nullptr;  // where the process id is to be written, in the environment's bytes
  int folder = -1, report = -1;
  bool terminal = false, group = false, bare = false;
  mode_t umask = 022;
  rlim_t descriptors = 0;
  sigset_t signals{};
};

struct Failure {
  int sys;
  char step;  // 't': terminal, 'd': folder, 'x': exec
};

// The decimal digits of a positive number, without the library.
void write_digits(char* at, long n) {
  std::array<char, kPidDigits> digits{};
  size_t k = 0;
  for (; n > 0; n /= 10) digits[k++] = static_cast<char>('0' + n % 10);
  while (k > 0) *at++ = digits[--k];
  *at = '\0';
}

[[noreturn, gnu::no_sanitize_address]] void fail(const Plan& plan, char step) {
  const Failure f{errno, step};
  // If the parent cannot be told, the status must do.
  static_cast<void>(::write(plan.report, &f, sizeof f) < 0);
  ::_exit(127);
}

void limit_descriptors(rlim_t n) {
  rlimit limit{};
  if (n == 0 || ::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = n;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void default_signals(const sigset_t& mask) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int s = 1; s < NSIG; s++) ::sigaction(s, &standard, nullptr);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
}

// The descriptors are the parent's own until here.
void take_few_descriptors(const Plan& plan) {
  const auto last = static_cast<unsigned>(std::max(
      {STDERR_FILENO, plan.stdio[0], plan.stdio[1], plan.stdio[2], plan.folder, plan.report}));
  if (::close_range(last + 1, ~0U, CLOSE_RANGE_UNSHARE) < 0 && ::unshare(CLONE_FILES) < 0) {
    fail(plan, 'd');
  }
}

// The new process, on a stack of its own, of which a sanitizer knows nothing.
[[noreturn, gnu::no_sanitize_address]] int run(void* p) {
  const Plan& plan = *static_cast<const Plan*>(p);
  if (plan.bare) take_few_descriptors(plan);
  if (plan.terminal && (::setsid() < 0 || ::ioctl(plan.stdio[0], TIOCSCTTY, 0) < 0)) {
    fail(plan, 't');
  }
  if (plan.group) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  }
  if (plan.folder >= 0 && ::fchdir(plan.folder) < 0) fail(plan, 'd');
  for (int i = 0; i < 3; i++) {
    const int fd = plan.stdio[static_cast<size_t>(i)];
    // dup2 of a descriptor to itself leaves it close-on-exec.
    const int done = fd == i ? ::fcntl(fd, F_SETFD, 0) : fd >= 0 ? ::dup2(fd, i) : 0;
    if (done < 0) fail(plan, 'd');
  }
  if (plan.pid_text != nullptr) write_digits(plan.pid_text, ::getpid());
  if (plan.bare) ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::umask(plan.umask);
  limit_descriptors(plan.descriptors);
  default_signals(plan.signals);
  ::execvpe(plan.argv[0], plan.argv.data(), plan.environment.data());
  fail(plan, 'x');
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (std::string& w : words) out.push_back(w.data());
  out.push_back(nullptr);
  return out;
}

pid_t launch(Plan& plan) {
  sigset_t all{};
  ::sigfillset(&all);
  // No handler of ours may run in the child while it shares our memory.
  ::pthread_sigmask(SIG_SETMASK, &all, &plan.signals);
  sigset_t ours = plan.signals;
  ::sigemptyset(&plan.signals);  // the program starts with nothing blocked
  // For a script without #! the shell's arguments are put together there, too.
  const size_t size = kStack + plan.argv.size() * sizeof(char*);
  const auto stack = std::make_unique_for_overwrite<std::byte[]>(size);
  const int flags = CLONE_VM | CLONE_VFORK | SIGCHLD | (plan.bare ? CLONE_FILES : 0);
  const pid_t pid = ::clone(run, stack.get() + size, flags, &plan);
  const int saved = errno;
  ::pthread_sigmask(SIG_SETMASK, &ours, nullptr);
  errno = saved;
  return pid;
}

base::Error describe(const Failure& f, const Command& command) {
  switch (f.step) {
    case 't':
      return base::sys_error(f.sys, "controlling terminal");
    case 'd':
      return base::sys_error(f.sys, "working folder or standard files");
    default:
      return base::sys_error(f.sys, "cannot run ", command.argv[0]);
  }
}

Result<Fd> open_pidfd(pid_t pid) {
  Fd fd = base::high(Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  if (!fd) return base::sys_error(errno, "pidfd_open");
  return fd;
}

}  // namespace

std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (char** e = environ; *e != nullptr; e++) out.emplace_back(*e);
  return out;
}

Result<std::unique_ptr<Child>> Child::start(Loop& loop, const Command& command, OnExit on_exit) {
  Result<base::Pipe> pipe = base::make_pipe();
  if (!pipe) return pipe.error();
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> env = command.environment;
  Plan plan;
  if (!command.pid_variable.empty()) {
    env.push_back(base::cat(command.pid_variable, "=", std::string(kPidDigits, '0')));
    plan.pid_text = env.back().data() + command.pid_variable.size() + 1;
  }
  plan.argv = pointers(argv);
  plan.environment = pointers(env);
  plan.stdio = {command.in, command.out, command.err};
  plan.folder = command.folder;
  plan.report = pipe->write.get();
  plan.terminal = command.terminal;
  plan.group = command.group;
  plan.bare = command.bare;
  plan.umask = command.umask;
  plan.descriptors = command.descriptors;
  const pid_t pid = launch(plan);
  if (pid < 0) return base::sys_error(errno, "clone");
  pipe->write.reset();
  Failure f{};
  if (::read(pipe->read.get(), &f, sizeof f) == sizeof f) {
    ::waitpid(pid, nullptr, 0);
    return describe(f, command);
  }
  Result<Fd> pidfd = open_pidfd(pid);
  if (!pidfd) return pidfd.error();
  return std::unique_ptr<Child>(new Child(loop, pid, std::move(*pidfd), std::move(on_exit)));
}

Child::Child(Loop& loop, pid_t pid, Fd pidfd, OnExit on_exit)
    : pid_(pid),
      pidfd_(std::move(pidfd)),
      on_exit_(std::move(on_exit)),
      watch_(loop, pidfd_.get(), [this](unsigned) { reap(); }) {
  watch_.want(Watch::kRead);
}

void Child::reap() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
  running_ = false;
  watch_.want(Watch::kNothing);
  // It may call forget().
  if (const OnExit told = std::move(on_exit_)) told(status);
}

void Child::signal(int number) {
  if (!running_) return;
  // Not yet a group leader of its own: then the process alone.
  if (::kill(-pid_, number) < 0) ::kill(pid_, number);
}

// A killed process is gone in no time.
void Child::end() {
  if (!running_) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  running_ = false;
  watch_.want(Watch::kNothing);
}

std::string status_text(int status) {
  if (WIFEXITED(status)) return base::cat("exit status ", WEXITSTATUS(status));
  const int s = WTERMSIG(status);
  const char* name = ::sigdescr_np(s);
  return base::cat("signal ", s, " (", name == nullptr ? "?" : name, ")");
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string last_line(std::string_view said, std::string_view name) {
  said = said.substr(0, said.find_last_not_of('\n') + 1);
  if (const size_t end = said.rfind('\n'); end != std::string_view::npos) {
    said.remove_prefix(end + 1);
  }
  const std::string front = base::cat(name, ": ");
  if (said.starts_with(front)) said.remove_prefix(front.size());
  return std::string(said);
}

}  // namespace net
