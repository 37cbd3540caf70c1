#include "tools/qwait/reaper.h"

#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <string>
#include <vector>

#include "lib/base/cat.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include "lib/net/process_tree.h"

namespace qwait {

namespace {

constexpr size_t kMaxText = 4 << 20;  // of an environment, of a list of children

// We have one thread, so all of our children are in its list.
std::vector<pid_t> own_children() {
  std::vector<pid_t> out;
  const auto text =
      base::read_file(base::cat("/proc/self/task/", ::getpid(), "/children"), kMaxText);
  if (!text) return out;
  const char* at = text->data();
  const char* end = at + text->size();
  while (at < end) {
    pid_t pid = 0;
    const auto [next, ec] = std::from_chars(at, end, pid);
    if (ec == std::errc()) out.push_back(pid);
    at = next + 1;
  }
  return out;
}

bool has_mark(pid_t pid, std::string_view mark) {
  const auto text = base::read_file(base::cat("/proc/", pid, "/environ"), kMaxText);
  if (!text) return false;
  const std::string whole = base::cat('\0', *text);
  return whole.find(base::cat('\0', mark, '\0')) != std::string::npos;
}

// A helper of ours (resolve, tlspipe): in our group, or the leader of one in our session. What a
// command leaves is in the command's group, or in a session of its own.
bool like_a_helper(pid_t pid) {
  const pid_t group = ::getpgid(pid);
  return group == ::getpgrp() || (group == pid && ::getsid(pid) == ::getsid(0));
}

// The embedded redis-server, where we or a command started it, outlives us all.
bool is_server(pid_t pid) {
  const auto text = base::read_file(base::cat("/proc/", pid, "/cmdline"), kMaxText);
  return text && text->find(base::paths::runtime() + "/redis.sock") != std::string::npos;
}

}  // namespace

Reaper::Reaper() {
  net::become_subreaper();
}

bool Reaper::kill_left(std::string_view mark) {
  bool some = false;
  for (const pid_t pid : own_children()) {
    if (commands_.contains(pid)) continue;
    if (like_a_helper(pid) && !has_mark(pid, mark)) continue;
    if (is_server(pid)) continue;
    if (::waitpid(pid, nullptr, WNOHANG) != 0) continue;  // it had ended
    if (!commands_.empty() && !has_mark(pid, mark)) continue;
    ::kill(pid, SIGKILL);
    some = true;
  }
  return some;
}

}  // namespace qwait
