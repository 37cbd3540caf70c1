// Options of qput. Plain values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/queue/signal.h"
#include "lib/queue/work.h"

namespace qput {

extern const std::string_view kUsage;

struct Options {
  bool work = false;                  // -w, else -q
  std::string queue;                  // its name
  queue::PutOptions put;              // -p -u --delay --tries --max --drop-oldest
  queue::SignalPutOptions signal;     // --max
  char end = '\n';                    // of a message on stdin; -0
  bool json_input = false;            // -J
  bool json = false;                  // -j
  bool result = false;                // --result
  std::optional<int64_t> timeout_ms;  // -t
  std::string redis;                  // --redis
  std::vector<std::string> messages;  // none: stdin
};

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

}  // namespace qput
