// asked: what somebody wants to see of journals, as conlog(1) and "conctl log" take it on their
// command lines, and as consoled gets it in an URL's query. Plain values; nothing here reads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/args.h"
#include "lib/base/result.h"

namespace journal {

enum class Form { text, json, asciicast };

struct Asked {
  bool follow = false;  // -f
  bool times = false;   // -t
  bool events = false;  // -e
  bool color = false;   // the reader is a terminal that shows it
  Form form = Form::text;
  std::optional<uint64_t> lines;        // -n
  std::optional<int64_t> since, until;  // us since 1970
  std::optional<std::string> grep;      // -g
  bool fixed = false;                   // -F: it is a text
  bool ignore_case = false;             // -i
  bool invert = false;                  // --invert

  // Whether bytes go through unchanged, also what is no line yet.
  bool as_it_was(bool prefix) const {
    return form == Form::text && !prefix && !times && !events && !grep && !(lines && keeps_lines());
  }
  // Which lines are the last ones shows only when all were seen.
  bool keeps_lines() const { return grep || since || until; }
};

// The lines of a tool's usage that describe these options.
extern const std::string_view kAskedOptions;

// From a command line that has those. `now`: us since 1970. Errors are of code usage.
base::Result<Asked> read_asked(const base::Args& args, int64_t now);

// The same as names and values, and back. `value`: of a name; "" where there is none.
std::vector<std::pair<std::string, std::string>> fields_of(const Asked& asked);
base::Result<Asked> asked_of(const std::function<std::string(std::string_view)>& value);

}  // namespace journal
