// Options: what the command line asked for, checked, with absolute paths. Plain values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/pty/pty.h"

namespace ptybufferd {

extern const std::string_view kUsage;

// ptybuffer's own statuses.
enum : int { kExitAnswers = 42, kExitNoAnswer = 24 };

struct Options {
  bool about = false;            // -a
  bool check = false;            // -c
  bool foreground = false;       // -d
  bool echo_input = false;       // -e
  bool force = false;            // -f
  bool tolerate = false;         // -g
  bool immediate = false;        // -i
  bool drop_unfinished = false;  // -k
  bool stamp = false;            // -p
  bool quiet = false;            // -q
  bool tcp = false;              // -r
  bool stdio = false;            // -s
  bool wait = false;             // -w
  bool restart = false;          // -R
  bool no_auth = false;          // --auth none
  std::string log;               // -l; "-": stderr
  std::string output;            // -o; "-": stdout
  std::string device;            // -A
  std::string info;              // -y
  std::string socket;            // path, @name, HOST:PORT; "-": none
  std::string control;           // path or @name; "": none
  std::string control_left_out;  // why there is none though there should be
  std::string terminal;          // --term
  pty::Size size;                // -S
  int64_t history_lines = 1000;  // -n
  int64_t tail_lines = -1;       // -t; -1: all that are kept
  size_t history_bytes = 0;
  uint64_t rotate_bytes = 0;
  unsigned rotate_files = 0;
  mode_t file_umask = 022;         // -u, for what the daemon makes
  mode_t child_umask = 022;        // the caller's, for the command
  uint64_t child_descriptors = 0;  // likewise: the soft limit
  pid_t caller = 0;                // the process that called us
  bool old_name = false;           // called as `ptybuffer`: the old statuses and places of messages
  std::vector<std::string> command;
};

// Reads the umask and folder of the process, so: first thing in main. Ends the process for --help,
// --version and wrong use.
Options parse_options(int argc, char** argv);

}  // namespace ptybufferd
