// Options of conlog. Plain values.
#pragma once

#include <string>

#include "lib/journal/asked.h"

namespace conlog {

struct Options {
  std::string dir;       // --dir
  std::string nodes;     // what was asked for, joined by commas
  bool list = false;     // -l
  journal::Asked asked;  // all the rest
};

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

}  // namespace conlog
