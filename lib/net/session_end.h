// SessionEnd: ends the processes of sessions whose terminal was closed: everything that has the
// session's number, and what descends from that, wherever it went. One for all sessions of a
// daemon, which reads /proc once in a round however many end. Owned by main; goes before the loop.
//
// A process that left the session and was orphaned before the end began is not found: it was
// meant to stay (setsid(1), daemon(3)).
#pragma once

#include <sys/types.h>

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "lib/net/child.h"
#include "lib/net/loop.h"
#include "lib/net/process_tree.h"

namespace net {

class SessionEnd {
 public:
  explicit SessionEnd(Loop& loop);
  SessionEnd(const SessionEnd&) = delete;
  SessionEnd& operator=(const SessionEnd&) = delete;

  // TERM, HUP and CONT to all of the session that the child leads, KILL to who is left after five
  // seconds. Its OnExit is not called any more.
  void end(std::unique_ptr<Child> leader);
  // Sessions that have not ended yet.
  size_t pending() const { return sessions_.size(); }
  // Called when the last of them has ended.
  void on_idle(std::function<void()> idle) { idle_ = std::move(idle); }

 private:
  struct Session {
    std::unique_ptr<Child> leader;
    pid_t id = 0;
    base::Time deadline;
    std::vector<Process> found;  // so far, and alive at the last look
  };
  void look();
  bool over(Session& session, const std::vector<Process>& all);

  Loop& loop_;
  std::list<Session> sessions_;
  std::function<void()> idle_;
  Timer timer_;
};

}  // namespace net
