#include "tools/ptybufferd/job.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"

namespace ptybufferd {

using base::Fd;
using base::Result;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {
constexpr auto kLasted = seconds(10);        // a start that lasted so long was a good one
constexpr auto kSettle = milliseconds(100);  // for the rest of the output, after the exit
constexpr auto kLookAgain = milliseconds(100);
constexpr auto kHangupLimit = seconds(2);  // getty closes its terminal and opens it again
constexpr auto kHangupGap = seconds(1);
constexpr auto kGrace = seconds(5);  // from TERM to KILL
constexpr auto kTreeLook = milliseconds(20);
}  // namespace

std::string_view state_name(Job::State state) {
  switch (state) {
    case Job::State::idle:
      return "idle";
    case Job::State::running:
      return "running";
    case Job::State::ending:
      return "ending";
    case Job::State::waiting:
      return "waiting";
    case Job::State::over:
      break;
  }
  return "over";
}

Job::Job(net::Loop& loop, const Options& options, int folder, Channel channel, peer::Events& events,
         std::function<void(int)> over)
    : loop_(loop),
      options_(options),
      folder_(folder),
      channel_(channel),
      events_(events),
      over_(std::move(over)),
      size_(options.size),
      settle_(loop, [this] { ended(); }),
      look_(loop, [this] { look_again(); }),
      retry_(loop, [this] { retry(); }),
      tree_(loop, [this] { watch_tree(); }) {}

Result<void> Job::start() {
  return begin();
}

Result<void> Job::begin() {
  last_hangup_ = {};
  Result<void> r = options_.device.empty() ? begin_command() : begin_device();
  if (!r) return r;
  state_ = State::running;
  began_ = loop_.now();
  started_us_ = base::wall_us();
  starts_++;
  events_.emit("start", {{"child", pid()}, {"tty", tty_}});
  return {};
}

std::vector<std::string> Job::environment() const {
  std::vector<std::string> env = net::environment();
  const auto drop = [&](std::string_view name) {
    std::erase_if(env, [&](const std::string& e) { return e.starts_with(name); });
  };
  for (const std::string_view name :
       {"PTYBUFFER_", "TERM=", "NOTIFY_SOCKET=", "COLUMNS=", "LINES="}) {
    drop(name);
  }
  env.push_back("PTYBUFFER_INFO=" + options_.info);
  env.push_back(base::cat("PTYBUFFER_PPID=", options_.caller));
  env.push_back(base::cat("PTYBUFFER_PID=", ::getpid()));
  env.push_back("PTYBUFFER_PTY=" + tty_);
  env.push_back("TERM=" + options_.terminal);
  return env;
}

Result<void> Job::begin_command() {
  Result<pty::Pair> pair = pty::open(size_);
  if (!pair) return pair.error();
  tty_ = pair->name;
  net::Command command;
  command.argv = options_.command;
  command.environment = environment();
  command.pid_variable = "PTYBUFFER_CHILD";
  command.in = command.out = command.err = pair->slave.get();
  if (options_.log == "-") command.err = STDERR_FILENO;
  command.terminal = true;
  command.folder = folder_;
  command.umask = options_.child_umask;
  command.descriptors = options_.child_descriptors;
  auto child = net::Child::start(loop_, command, [this](int status) { exited(status); });
  if (!child) return child.error();
  child_ = std::move(*child);
  base::log::info("main: forked child ", child_->pid());
  open_terminal(std::move(pair->master));
  return {};
}

Result<void> Job::begin_device() {
  Result<Fd> fd = pty::open_device(options_.device);
  if (!fd) return fd.error();
  tty_ = options_.device;
  base::log::info("main: attached ", options_.device);
  open_terminal(std::move(*fd));
  return {};
}

void Job::open_terminal(Fd fd) {
  terminal_ = std::make_unique<Terminal>(loop_, std::move(fd), channel_, [this] { hangup(); });
}

bool Job::type(const std::shared_ptr<net::Keys::Sender>& from, std::string unit) {
  if (terminal_ == nullptr || state_ != State::running) return false;
  channel_.keys.push(from, std::move(unit));
  terminal_->keys_waiting();
  return true;
}

// Nobody has the terminal open. A device went away; a command may have ended (its exit comes in a
// moment), or open it again, or live on without: that is its end as a job.
void Job::hangup() {
  if (child_ == nullptr) {
    base::log::warn(tty_, ": went away");
    loop_.defer([this] { ended(); });
    return;
  }
  if (!child_->running()) {
    settle_.cancel();
    loop_.defer([this] { ended(); });
    return;
  }
  if (!hung_up()) hung_up_at_ = loop_.now();
  last_hangup_ = loop_.now();
  if (last_hangup_ - hung_up_at_ < kHangupLimit) {
    look_.after(kLookAgain);
    return;
  }
  if (state_ != State::running) return;
  base::log::warn("main: child ", child_->pid(), " closed its terminal and lives on: ending it");
  end_tree();
}

// It is looked at every tenth of a second; who was silent for longer has it open again.
bool Job::hung_up() {
  return loop_.now() - last_hangup_ < kHangupGap;
}

void Job::look_again() {
  if (terminal_ != nullptr) terminal_->resume();
}

void Job::exited(int status) {
  status_ = status;
  last_end_ = net::status_text(status);
  const size_t left = net::descendants().size();
  base::log::info("main: child ", child_->pid(), ": ", last_end_,
                  left > 0 && !stopping_ ? base::cat(", live on without it: ", left) : "");
  events_.emit(
      "exit",
      {{"child", child_->pid()}, {"status", net::exit_code(status)}, {"reason", last_end_}});
  settle();
}

// What it wrote before its end is still in the terminal. Where others keep that open, there will be
// no hangup to wait for.
void Job::settle() {
  if (hung_up()) {
    loop_.defer([this] { ended(); });
  } else {
    settle_.after(kSettle);
  }
}

void Job::ended() {
  if (state_ == State::waiting) return;
  if (terminal_ != nullptr) terminal_->drain();
  terminal_.reset();
  look_.cancel();
  settle_.cancel();
  const size_t lost = channel_.keys.clear();
  if (lost > 0) base::log::warn("main: ", lost, " bytes of input dropped: nobody reads them");
  if (stopping_) return;  // watch_tree() sees to the rest
  tree_.cancel();
  if (options_.restart || !options_.device.empty()) {
    if (loop_.now() - began_ >= kLasted) backoff_.reset();
    state_ = State::waiting;
    retry_.after(backoff_.next());
    return;
  }
  state_ = State::over;
  over_(net::exit_code(status_));
}

void Job::retry() {
  child_.reset();
  if (Result<void> r = begin(); !r) {
    const base::Duration wait = backoff_.next();
    base::log::warn("main: ", r.error().what, ": again in ",
                    std::chrono::duration_cast<seconds>(wait).count(), " s");
    retry_.after(wait);
  }
}

Result<void> Job::signal(int number) {
  if (pid() == 0) return base::error(base::Errc::not_found, "no command runs");
  child_->signal(number);
  return {};
}

Result<void> Job::resize(pty::Size size) {
  size_ = size;
  if (terminal_ == nullptr) return {};
  return terminal_->resize(size);
}

void Job::stop() {
  if (stopping_ || state_ == State::over) return;
  stopping_ = true;
  retry_.cancel();
  state_ = State::ending;
  if (pid() == 0) loop_.defer([this] { ended(); });
  end_tree();
}

// Shells end by HUP and not by TERM, daemons the other way round; who is stopped must go on to see
// either.
void Job::end_tree() {
  for (const pid_t p : net::descendants()) {
    for (const int s : {SIGTERM, SIGHUP, SIGCONT}) ::kill(p, s);
  }
  deadline_ = loop_.now() + kGrace;
  watch_tree();
}

void Job::watch_tree() {
  reap();
  const bool gone = pid() == 0 && net::descendants().empty();
  if (gone && state_ != State::over) {
    state_ = State::over;
    loop_.defer([this] { over_(0); });
    return;
  }
  if (loop_.now() >= deadline_) net::kill_descendants();
  tree_.after(kTreeLook);
}

}  // namespace ptybufferd
