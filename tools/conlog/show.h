// show: how a journal is printed: as it was, line by line with names and times, as JSON records or
// as a recording. Output is gathered and written by flush().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/journal/lines.h"
#include "tools/conlog/options.h"

namespace conlog {

// What all nodes share: stdout, and whether there was anything.
class Output {
 public:
  std::string& text() { return text_; }
  // Writes when much waits. Errors are kept; a reader that went ends the process (SIGPIPE).
  void some();
  base::Result<void> flush();
  bool failed() const { return failed_; }
  void found() { found_ = true; }
  bool any() const { return found_; }

 private:
  std::string text_;
  bool found_ = false, failed_ = false;
};

// One node's journal on its way to the output.
class Show {
 public:
  // `prefix`: the name goes before each line, since there are several nodes.
  Show(const Options& options, std::string node, bool prefix, Output& out);

  // False: enough was shown, nothing more is wanted.
  bool take(const journal::Item& item, int64_t epoch);
  // That is all: an unfinished line, and the last lines that were kept.
  void finish();
  // That was all until now: shows what -n kept back, and goes on without.
  void caught_up();

 private:
  bool as_it_was() const;
  bool line(const journal::Line& line);
  void put(const journal::Line& line, std::string& out);
  void put_text(const journal::Line& line, std::string& out);
  void put_json(const journal::Line& line, std::string& out) const;
  void put_matches(std::string_view text, std::string& out) const;
  void record(const journal::Item& item);
  void record_bytes(std::string_view bytes);

  const Options& options_;
  std::string node_;
  bool prefix_;
  Output& out_;
  journal::Lines lines_;
  std::deque<std::string> kept_;  // with -n and -g: the last ones, ready to print
  bool keep_;
  int64_t epoch_ = 0;
  // --asciicast
  int64_t began_us_ = 0, last_us_ = 0;
  bool begun_ = false;
  std::string partial_;  // of a character that is not complete
};

}  // namespace conlog
