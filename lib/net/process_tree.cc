#include "lib/net/process_tree.h"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <memory>

#include "lib/base/cat.h"
#include "lib/base/fd.h"
#include "lib/net/loop.h"

namespace net {

namespace {

constexpr size_t kMaxChildrenText = 1 << 20;

// The numbers in a text like "12 13 40 ".
void append_numbers(std::string_view text, std::vector<pid_t>& out) {
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    pid_t pid = 0;
    const auto [next, ec] = std::from_chars(at, end, pid);
    if (ec == std::errc()) out.push_back(pid);
    at = next + 1;
  }
}

// A process's children are listed by the thread that started them: /proc/PID/task/TID/children.
std::vector<pid_t> children(pid_t parent) {
  std::vector<pid_t> out;
  const std::string tasks = base::cat("/proc/", parent, "/task");
  const std::unique_ptr<DIR, Free<::closedir>> dir(::opendir(tasks.c_str()));
  if (!dir) return out;
  while (const dirent* e = ::readdir(dir.get())) {
    if (e->d_name[0] == '.') continue;
    const auto text =
        base::read_file(base::cat(tasks, "/", e->d_name, "/children"), kMaxChildrenText);
    if (text) append_numbers(*text, out);
  }
  return out;
}

// The fields behind the command's name, from the state on: proc(5).
std::vector<std::string_view> fields_of(std::string_view stat) {
  std::vector<std::string_view> out;
  const size_t paren = stat.rfind(')');
  if (paren == std::string_view::npos) return out;
  stat.remove_prefix(paren + 1);
  while (!stat.empty()) {
    const size_t end = std::min(stat.find(' '), stat.size());
    if (end > 0) out.push_back(stat.substr(0, end));
    stat.remove_prefix(std::min(end + 1, stat.size()));
  }
  return out;
}

template <class T>
T number_at(const std::vector<std::string_view>& fields, size_t i) {
  T n{};
  std::from_chars(fields[i].data(), fields[i].data() + fields[i].size(), n);
  return n;
}

bool zombie(pid_t pid) {
  const auto stat = base::read_file(base::cat("/proc/", pid, "/stat"), 4096);
  if (!stat) return true;
  const size_t paren = stat->rfind(')');
  return paren != std::string::npos && paren + 2 < stat->size() && (*stat)[paren + 2] == 'Z';
}

void append_descendants(pid_t parent, std::vector<pid_t>& out) {
  for (const pid_t p : children(parent)) {
    if (!zombie(p)) out.push_back(p);
    append_descendants(p, out);
  }
}

}  // namespace

void become_subreaper() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void reap_orphans(pid_t except) {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return;
    if (info.si_pid == 0 || info.si_pid == except) return;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

std::vector<pid_t> descendants() {
  std::vector<pid_t> out;
  append_descendants(::getpid(), out);
  return out;
}

bool kill_descendants() {
  const std::vector<pid_t> all = descendants();
  for (const pid_t p : all) ::kill(p, SIGSTOP);
  for (const pid_t p : all) ::kill(p, SIGKILL);
  return all.empty();
}

std::vector<Process> all_processes() {
  constexpr size_t kParent = 1, kSession = 3, kStarted = 19;  // counted from the state
  std::vector<Process> out;
  const std::unique_ptr<DIR, Free<::closedir>> dir(::opendir("/proc"));
  if (!dir) return out;
  while (const dirent* e = ::readdir(dir.get())) {
    std::vector<pid_t> pid;
    append_numbers(e->d_name, pid);
    if (pid.empty()) continue;
    const auto stat = base::read_file(base::cat("/proc/", e->d_name, "/stat"), 4096);
    if (!stat) continue;
    const auto fields = fields_of(*stat);
    if (fields.size() <= kStarted || fields[0] == "Z" || fields[0] == "X") continue;
    out.push_back({pid[0], number_at<pid_t>(fields, kParent), number_at<pid_t>(fields, kSession),
                   number_at<uint64_t>(fields, kStarted)});
  }
  return out;
}

}  // namespace net
