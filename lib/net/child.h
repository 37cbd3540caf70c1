// Child: one process that this daemon started, and its whole tree of descendants.
//
// Started as by vfork(2), so that a big daemon costs no more than a small one; posix_spawn(3) does
// the same, but cannot tell a process its own id, its umask or its working folder's descriptor, and
// of a daemon's thousand descriptors it copies and closes each. A bare child gets no copy of those
// above the ones it is given: so what stays is kept up there (base::high).
// A failing exec comes back through a close-on-exec pipe with what failed and why. The end is seen
// through a pidfd, so there is no race about SIGCHLD.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"

namespace net {

struct Command {
  std::vector<std::string> argv;         // argv[0] is searched for in $PATH
  std::vector<std::string> environment;  // NAME=value, all of it
  std::string pid_variable;              // this variable gets the new process's id; "" for none
  int in = -1, out = -1, err = -1;       // borrowed; -1: the parent's
  bool terminal = false;                 // `in` becomes the controlling terminal of a new session
  bool group = false;  // leads a process group, and is killed if this process dies
  bool bare = false;   // inherits no other descriptor: for one that outlives us, or one of many
  int folder = -1;     // borrowed; -1: the parent's
  mode_t umask = 022;
  uint64_t descriptors = 0;  // soft limit of open descriptors; 0: the parent's
};

// This process's environment, as Command takes it.
std::vector<std::string> environment();

class Child {
 public:
  // The status is wait(2)'s.
  using OnExit = std::function<void(int status)>;

  // Blocks for the exec (under a millisecond), never for the program.
  static base::Result<std::unique_ptr<Child>> start(Loop& loop, const Command& command,
                                                    OnExit on_exit);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool running() const { return running_; }
  // Its end is nobody's business any more: OnExit is not called.
  void forget() { on_exit_ = nullptr; }
  // Signals the process group it leads.
  void signal(int number);
  // Kills and collects it, where it still runs: for a helper whose user goes. Not told to OnExit.
  void end();

 private:
  Child(Loop& loop, pid_t pid, base::Fd pidfd, OnExit on_exit);
  void reap();

  pid_t pid_;
  base::Fd pidfd_;
  OnExit on_exit_;
  bool running_ = true;
  Watch watch_;
};

// For people: "exit status 3", "signal 9 (Killed)".
std::string status_text(int status);
// For exit(3): the status, or 128 + signal.
int exit_code(int status);
// Of what a helper said, the last line, without "NAME: " in front: for messages.
std::string last_line(std::string_view said, std::string_view name);

}  // namespace net
