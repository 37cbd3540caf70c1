// Options of ptyattach. Plain values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptyattach {

extern const std::string_view kUsage;

struct Options {
  bool readonly = false;                  // -r
  bool ignore_stdin = false;              // -n
  bool batch = false;                     // -b
  bool close_after = false;               // -e
  bool no_newline = false;                // -i
  int quiet = 0;                          // -q, -qq
  bool json = false;                      // -j
  std::optional<std::string> text;        // -p
  std::string from = "line";              // --from
  std::string detach;                     // -x; the bytes that detach
  std::chrono::milliseconds linger{500};  // --linger
  bool old_name = false;                  // called as `ptybufferconnect`
  std::vector<std::string> targets;
};

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

// How the detach keys are called on a keyboard: "^\", "^A d".
std::string key_name(std::string_view keys);

}  // namespace ptyattach
