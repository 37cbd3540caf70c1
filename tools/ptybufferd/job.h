// Job: the command on its pty (or the device of -A) from its start to its end, and what follows:
// the next start after a while (-R), or the end of it all. Owns the pty and the process; its
// orphans come to this daemon, which is their subreaper.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/net/backoff.h"
#include "lib/net/child.h"
#include "lib/net/loop.h"
#include "lib/net/process_tree.h"
#include "lib/peer/events.h"
#include "tools/ptybufferd/options.h"
#include "tools/ptybufferd/terminal.h"

namespace ptybufferd {

class Job {
 public:
  enum class State { idle, running, ending, waiting, over };

  // `folder`: where the command starts; borrowed. `over`: nothing will run any more; the argument
  // is for exit(3). Called from the loop.
  Job(net::Loop& loop, const Options& options, int folder, Channel channel, peer::Events& events,
      std::function<void(int code)> over);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // The first start. An error where the pty, the device or the command is not to be had.
  base::Result<void> start();
  // Ends the whole process tree: TERM and HUP to all, KILL to who is left after five seconds; then
  // over(0).
  void stop();

  // A signal for the command's process group.
  base::Result<void> signal(int number);
  base::Result<void> resize(pty::Size size);
  // A viewer typed; the unit is dropped, and false returned, when nothing runs.
  bool type(const std::shared_ptr<net::Keys::Sender>& from, std::string unit);

  State state() const { return state_; }
  pid_t pid() const { return child_ && child_->running() ? child_->pid() : 0; }
  const std::string& tty() const { return tty_; }
  pty::Size size() const { return size_; }
  uint64_t starts() const { return starts_; }
  int64_t started_us() const { return started_us_; }
  // Of the last one that ended: "exit status 3"; empty before.
  const std::string& last_end() const { return last_end_; }
  // Takes away adopted processes that ended; for SIGCHLD.
  void reap() { net::reap_orphans(pid()); }

 private:
  base::Result<void> begin();
  base::Result<void> begin_command();
  base::Result<void> begin_device();
  std::vector<std::string> environment() const;
  void open_terminal(base::Fd fd);
  void hangup();
  bool hung_up();
  void look_again();
  void exited(int status);
  void settle();
  void ended();
  void retry();
  void end_tree();
  void watch_tree();

  net::Loop& loop_;
  const Options& options_;
  int folder_;
  Channel channel_;
  peer::Events& events_;
  std::function<void(int)> over_;
  State state_ = State::idle;
  bool stopping_ = false;
  std::unique_ptr<Terminal> terminal_;
  std::unique_ptr<net::Child> child_;
  std::string tty_, last_end_;
  pty::Size size_;
  int status_ = 0;
  uint64_t starts_ = 0;
  int64_t started_us_ = 0;
  base::Time began_{}, hung_up_at_{}, last_hangup_{}, deadline_{};
  net::Backoff backoff_;
  net::Timer settle_, look_, retry_, tree_;
};

std::string_view state_name(Job::State state);

}  // namespace ptybufferd
