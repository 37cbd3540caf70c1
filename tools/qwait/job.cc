#include "tools/qwait/job.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "lib/base/cat.h"

namespace qwait {

using base::Errc;
using base::Fd;
using base::Result;

namespace {

constexpr size_t kMaxOutput = 16 << 20;  // of a result; the rest is counted
constexpr size_t kMaxParts = 990;
constexpr auto kAgain = std::chrono::milliseconds(2);

Result<Fd> payload_file(std::string_view payload) {
  Fd fd(::memfd_create("payload", MFD_CLOEXEC));
  if (!fd) return base::sys_error(errno, "memfd_create");
  if (Result<void> r = base::write_all(fd.get(), payload); !r) return in("payload", r.error());
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

// Ours, with these instead of those of the same names.
std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  std::vector<std::string> out;
  for (std::string& old : net::environment()) {
    const std::string name = old.substr(0, old.find('=') + 1);
    const auto same = [&](const std::string& v) { return v.starts_with(name); };
    if (std::none_of(variables.begin(), variables.end(), same)) out.push_back(std::move(old));
  }
  out.insert(out.end(), variables.begin(), variables.end());
  return out;
}

mode_t own_umask() {
  const mode_t mask = ::umask(022);
  ::umask(mask);
  return mask;
}

// The command line; `placed`: the payload stands in it.
Result<std::vector<std::string>> filled(const Task& task, bool& placed) {
  std::vector<std::string> out;
  for (const std::string& word : *task.argv) {
    std::string& w = out.emplace_back(word);
    for (size_t at = w.find("{}"); at != std::string::npos; at = w.find("{}", at)) {
      w.replace(at, 2, task.payload);
      at += task.payload.size();
      placed = true;
    }
  }
  if (placed && task.payload.find('\0') != std::string_view::npos) {
    return base::error(Errc::bad_input, "no argument can hold a NUL: leave {} out");
  }
  return out;
}

}  // namespace

struct Job::Pipe {
  char which;
  Fd read;
  net::Watch watch;

  Pipe(Job& job, char w, Fd fd)
      : which(w),
        read(std::move(fd)),
        watch(
            job.loop_, read.get(), [this, &job](unsigned) { drain(job); }, net::Priority::bulk) {
    base::set_nonblocking(read.get(), true);
    watch.want(net::Watch::kRead);
  }

  void drain(Job& job) {
    std::array<char, 65536> buf;  // NOLINT: filled by read
    ssize_t n = 0;
    while ((n = ::read(read.get(), buf.data(), buf.size())) > 0) {
      job.keep(which, {buf.data(), static_cast<size_t>(n)});
    }
    if (n == 0) watch.want(net::Watch::kNothing);
  }
};

Job::Job(net::Loop& loop, Reaper& reaper, std::string mark, Done done)
    : loop_(loop),
      reaper_(reaper),
      mark_(std::move(mark)),
      done_(std::move(done)),
      again_(loop, [this] { clean_up(); }) {}

Job::~Job() {
  // What has ended may outlive the reaper.
  if (!child_ || !child_->running()) return;
  kill();
  reaper_.remove(child_->pid());
}

Result<std::unique_ptr<Job>> Job::start(net::Loop& loop, Reaper& reaper, const Task& task,
                                        Done done) {
  std::unique_ptr<Job> job(new Job(loop, reaper, task.variables.front(), std::move(done)));
  if (Result<void> r = job->launch(task); !r) return r.error();
  return job;
}

Result<void> Job::launch(const Task& task) {
  bool placed = false;
  Result<std::vector<std::string>> argv = filled(task, placed);
  if (!argv) return argv.error();
  Result<Fd> in = placed ? base::open_file("/dev/null", O_RDONLY) : payload_file(task.payload);
  if (!in) return in.error();
  net::Command command;
  command.argv = std::move(*argv);
  command.environment = environment_with(task.variables);
  command.in = in->get();
  command.group = true;
  command.umask = own_umask();
  std::vector<Fd> ends;
  if (task.capture) {
    if (Result<void> r = capture(command, ends); !r) return r;
  }
  Result<std::unique_ptr<net::Child>> child =
      net::Child::start(loop_, command, [this](int status) { exited(status); });
  if (!child) {
    base::Error e = child.error();
    if (e.sys == E2BIG) e.code = Errc::bad_input;
    return e;
  }
  child_ = std::move(*child);
  reaper_.add(child_->pid());
  return {};
}

Result<void> Job::capture(net::Command& command, std::vector<Fd>& ends) {
  for (const char which : {'1', '2'}) {
    Result<base::Pipe> pipe = base::make_pipe();
    if (!pipe) return pipe.error();
    (which == '1' ? command.out : command.err) = pipe->write.get();
    ends.push_back(std::move(pipe->write));
    pipes_.push_back(std::make_unique<Pipe>(*this, which, std::move(pipe->read)));
  }
  return {};
}

void Job::keep(char which, std::string_view bytes) {
  const size_t room = std::min(bytes.size(), kMaxOutput - kept_);
  skipped_ += bytes.size() - room;
  kept_ += room;
  if (room == 0) return;
  const bool join = !parts_.empty() && (parts_.back()[0] == which || parts_.size() >= kMaxParts);
  if (!join) parts_.emplace_back(1, which);
  parts_.back() += bytes.substr(0, room);
}

void Job::ask_to_end() {
  if (child_) child_->signal(SIGTERM);
}

void Job::kill() {
  if (child_) child_->signal(SIGKILL);
}

void Job::exited(int status) {
  status_ = status;
  reaper_.remove(child_->pid());
  // Its number is ours to use until the group is empty.
  ::kill(-child_->pid(), SIGKILL);
  clean_up();
}

// Each that is killed may leave others to us.
void Job::clean_up() {
  if (reaper_.kill_left(mark_)) {
    again_.after(kAgain);
    return;
  }
  for (const auto& pipe : pipes_) pipe->drain(*this);
  // The callback may end us.
  const Done done = std::move(done_);
  done(ending());
}

Job::Ended Job::ending() {
  if (skipped_ > 0) parts_.push_back(base::cat("2\n[[", skipped_, " bytes skipped]]\n"));
  return {status_, std::move(parts_)};
}

}  // namespace qwait
