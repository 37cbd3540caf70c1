// Job: one command for one payload. It leads a process group of its own, and we are the reaper of
// what it leaves: when it ends, all of its tree ends, also what called setsid. Should we be killed,
// it is killed.
//
// The payload takes the place of `{}` in its arguments; where there is none it is standard input,
// as a file in memory, so that a command that does not read holds nothing up.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/child.h"
#include "lib/net/loop.h"
#include "tools/qwait/reaper.h"

namespace qwait {

struct Task {
  const std::vector<std::string>* argv = nullptr;  // with {}
  std::string_view payload;
  std::vector<std::string> variables;  // NAME=value; the first is only this task's
  bool capture = false;  // what it writes is wanted; else it has our stdout and stderr
};

class Job {
 public:
  struct Ended {
    int status = 0;                  // wait(2)'s
    std::vector<std::string> parts;  // of what it wrote: '1' or '2', then bytes
  };
  using Done = std::function<void(Ended)>;

  // bad_input: no such command line can be (a NUL in an argument, too long). Otherwise the command
  // cannot be run at all.
  static base::Result<std::unique_ptr<Job>> start(net::Loop& loop, Reaper& reaper, const Task& task,
                                                  Done done);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // TERM to its group, so that it can end well.
  void ask_to_end();
  // Its whole tree, now.
  void kill();

 private:
  struct Pipe;
  Job(net::Loop& loop, Reaper& reaper, std::string mark, Done done);
  base::Result<void> launch(const Task& task);
  base::Result<void> capture(net::Command& command, std::vector<base::Fd>& ends);
  void exited(int status);
  void clean_up();
  void keep(char which, std::string_view bytes);
  Ended ending();

  net::Loop& loop_;
  Reaper& reaper_;
  std::string mark_;  // in the environment of all its processes
  Done done_;
  std::unique_ptr<net::Child> child_;
  std::vector<std::unique_ptr<Pipe>> pipes_;
  std::vector<std::string> parts_;
  size_t kept_ = 0;
  uint64_t skipped_ = 0;
  int status_ = 0;
  net::Timer again_;
};

}  // namespace qwait
