// show: how a journal is printed: as it was, line by line with names and times, as JSON records or
// as a recording. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/journal/asked.h"
#include "lib/journal/lines.h"
#include "lib/journal/search.h"

namespace journal {

// What is shown, and from whom.
struct ShowOptions {
  Asked asked;
  std::optional<Pattern> wanted;
  size_t most_kept = SIZE_MAX;  // bytes of the last lines; older ones are dropped
};

// bad_input: the pattern.
base::Result<ShowOptions> show_options(Asked asked);

// What all nodes share: the text, to be taken away, and whether there was anything.
struct Output {
  std::string text;
  bool any = false;
};

// One node's journal on its way to the output.
class Show {
 public:
  // `prefix`: the name goes before each line, since there are several nodes.
  Show(const ShowOptions& options, std::string node, bool prefix, Output& out);

  // False: enough was shown, nothing more is wanted.
  bool take(const Item& item, int64_t epoch);
  // That is all: an unfinished line, and the last lines that were kept.
  void finish();
  // That was all until now: shows what -n kept back, and goes on without.
  void caught_up();

 private:
  void line(const Line& line);
  void put(const Line& line, std::string& out);
  void put_text(const Line& line, std::string& out);
  void put_json(const Line& line, std::string& out) const;
  void put_matches(std::string_view text, std::string& out) const;
  void record(const Item& item);
  void record_bytes(std::string_view bytes);

  const ShowOptions& options_;
  const Asked& asked_;
  std::string node_;
  bool prefix_;
  Output& out_;
  Lines lines_;
  std::deque<std::string> kept_;  // with -n and -g: the last ones, ready to print
  size_t kept_size_ = 0;
  bool keep_;
  int64_t epoch_ = 0;
  // --asciicast
  int64_t began_us_ = 0, last_us_ = 0;
  bool begun_ = false;
  std::string partial_;  // of a character that is not complete
};

}  // namespace journal
