// Options of conlog. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/journal/search.h"

namespace conlog {

extern const std::string_view kUsage;

enum class Form { text, json, asciicast };

struct Options {
  std::string dir;                         // --dir
  std::string nodes;                       // what was asked for, joined by commas
  bool list = false;                       // -l
  bool follow = false;                     // -f
  bool times = false;                      // -t
  bool events = false;                     // -e
  bool color = false;                      // stdout is a terminal that shows it
  Form form = Form::text;                  // -j, --asciicast
  std::optional<uint64_t> lines;           // -n
  std::optional<int64_t> since, until;     // us since 1970
  std::optional<journal::Pattern> wanted;  // -g
  bool invert = false;                     // -v
};

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

}  // namespace conlog
