// process_tree: the processes below this one, as /proc shows them, and how to end all of them, also
// those that called setsid or forked away. The calls read /proc and are over in microseconds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace net {

// Makes this process inherit the orphans of its descendants (PR_SET_CHILD_SUBREAPER), so that what
// calls setsid or forks twice can still be found and ended.
void become_subreaper();

// Takes away what ended and was adopted; `except` is waited for by somebody else (0: none).
void reap_orphans(pid_t except);

// Every descendant of this process that has not ended.
std::vector<pid_t> descendants();

// One round of ending them: each is stopped, so that it cannot fork on, then killed, from the top
// down. True when nobody is left; else call again in a few milliseconds.
bool kill_descendants();

// One process as /proc/PID/stat has it. Number and start together are never used twice.
struct Process {
  pid_t pid = 0, parent = 0, session = 0;
  uint64_t started = 0;  // in clock ticks since boot
  bool same(const Process& other) const { return pid == other.pid && started == other.started; }
};

// Every process of this machine that has not ended, in no order. Reads one file for each.
std::vector<Process> all_processes();

}  // namespace net
