// Options of qwait. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qwait {

extern const std::string_view kUsage;

// Exit statuses besides those of base::Exit.
enum Status : int { kSilent = 97, kMissed = 98 };

enum class Action { wait, ack, release, bury, remove, peek, stats, list, dead, forget };

struct Options {
  Action action = Action::wait;
  bool work = false;                  // -w, else -q
  std::string queue;                  // its name; empty with --list alone
  std::string subject;                // what --ack, --release, --bury, --remove, --dead are given
  std::vector<std::string> operands;  // ids for --dead and --peek
  std::vector<std::string> command;   // -x; empty: print
  std::string name;                   // -i
  int64_t count = 0;                  // -n; 0: no end
  std::optional<int64_t> timeout_ms;  // -t
  std::optional<int64_t> silent_ms;   // --silent
  int64_t coalesce_ms = 0;            // --coalesce; 0: each by itself
  bool keep_going = false;            // --keep-going
  bool hold = false;                  // --hold
  int64_t at_once = 1;                // -P
  int64_t tries = 0;                  // --tries; 0: as the item says
  int64_t lease_ms = 0;               // --lease
  int64_t backoff_ms = 0;             // --backoff
  char end = '\n';                    // -0
  bool json = false;                  // -j
  std::string redis;                  // --redis

  // Looks, and changes nothing.
  bool asks() const {
    return action == Action::peek || action == Action::stats || action == Action::list ||
           (action == Action::dead && subject == "list");
  }
  bool execute() const { return !command.empty(); }
};

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

}  // namespace qwait
