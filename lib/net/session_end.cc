#include "lib/net/session_end.h"

#include <algorithm>
#include <csignal>

namespace net {

namespace {

constexpr auto kGrace = std::chrono::seconds(5);  // from TERM to KILL
constexpr auto kRound = std::chrono::milliseconds(50);

bool has(const std::vector<Process>& list, const Process& p) {
  return std::any_of(list.begin(), list.end(), [&](const Process& q) { return q.same(p); });
}

bool has_parent(const std::vector<Process>& list, const Process& p) {
  return std::any_of(list.begin(), list.end(), [&](const Process& q) { return q.pid == p.parent; });
}

// Those of `all` that were known before, that have the session's number, or descend from such.
std::vector<Process> members(const std::vector<Process>& all, pid_t session,
                             const std::vector<Process>& known) {
  std::vector<Process> out;
  const auto take = [&](auto belongs) {
    const size_t before = out.size();
    for (const Process& p : all) {
      if (belongs(p) && !has(out, p)) out.push_back(p);
    }
    return out.size() > before;
  };
  take([&](const Process& p) { return p.session == session || has(known, p); });
  while (take([&](const Process& p) { return has_parent(out, p); })) {
  }
  return out;
}

}  // namespace

SessionEnd::SessionEnd(Loop& loop) : loop_(loop), timer_(loop, [this] { look(); }) {}

void SessionEnd::end(std::unique_ptr<Child> leader) {
  leader->forget();
  const pid_t id = leader->pid();
  sessions_.push_back({std::move(leader), id, loop_.now() + kGrace, {}});
  if (!timer_.pending()) timer_.at(loop_.now());
}

void SessionEnd::look() {
  const std::vector<Process> all = all_processes();
  sessions_.remove_if([&](Session& s) { return over(s, all); });
  if (!sessions_.empty()) {
    timer_.after(kRound);
  } else if (idle_) {
    idle_();
  }
}

// Shells end by HUP and not by TERM, daemons the other way round; who is stopped must go on to see
// either.
bool SessionEnd::over(Session& session, const std::vector<Process>& all) {
  std::vector<Process> now = members(all, session.id, session.found);
  const bool late = loop_.now() >= session.deadline;
  for (const Process& p : now) {
    if (late) ::kill(p.pid, SIGKILL);
    if (has(session.found, p)) continue;
    for (const int s : {SIGTERM, SIGHUP, SIGCONT}) ::kill(p.pid, s);
  }
  session.found = std::move(now);
  return session.found.empty() && !session.leader->running();
}

}  // namespace net
