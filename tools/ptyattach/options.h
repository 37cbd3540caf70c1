// Options of ptyattach. Plain values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/peer/join.h"

namespace ptyattach {

extern const std::string_view kUsage;

struct Options {
  bool readonly = false;               // -r
  bool ignore_stdin = false;           // -n
  bool batch = false;                  // -b
  bool close_after = false;            // -e
  bool no_newline = false;             // -i
  int quiet = 0;                       // -q, -qq
  bool json = false;                   // -j
  std::optional<std::string> text;     // -p
  std::string from = "line";           // --from
  std::optional<peer::Place> place;    // the same as EPOCH:OFFSET[:RUN]
  std::string detach;                  // -x; the bytes that detach
  std::chrono::milliseconds linger{};  // --linger
  bool old_name = false;               // called as `ptybufferconnect`
  std::vector<std::string> targets;
};

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

// The exit status of a failure: the old client had one for all.
int failure(const Options& options, int status);
// base::die with that status.
[[noreturn]] void give_up(const Options& options, const base::Error& error);

// How the detach keys are called on a keyboard: "^\", "^Ad".
std::string key_name(std::string_view keys);

}  // namespace ptyattach
