// Reaper: what commands leave behind comes to this process, their subreaper. Whose it is is told by
// its environment, which says what it works on.
#pragma once

#include <sys/types.h>

#include <set>
#include <string_view>

namespace qwait {

class Reaper {
 public:
  Reaper();  // makes this process a subreaper

  // A command that runs is no orphan.
  void add(pid_t command) { commands_.insert(command); }
  void remove(pid_t command) { commands_.erase(command); }

  // Kills our children that have `mark` (NAME=value) in their environment and are no commands; once
  // no command runs, all that are left. True: there were some, look again in a moment.
  bool kill_left(std::string_view mark);

 private:
  std::set<pid_t> commands_;
};

}  // namespace qwait
