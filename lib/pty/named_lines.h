// NamedLines: what one of several streams says, as whole lines with its name in front. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pty {

class NamedLines {
 public:
  // A line that gets longer comes as several: a program that paints a screen may never send an LF.
  static constexpr size_t kLongest = 10240;

  // The name is padded to `width`; `end` ends each line, CR LF where the terminal is raw.
  NamedLines(std::string_view name, size_t width, std::string_view end);

  // The lines that end in these bytes. Colours pass; a CR at the end of a line goes, and behind one
  // within a line the name is said again.
  std::string take(std::string_view bytes);
  // The line that did not end, if there is one.
  std::string rest();
  // A line of somebody else's words.
  std::string line(std::string_view text) const;

 private:
  void end_line(std::string& out);

  std::string name_, end_, unfinished_;
};

}  // namespace pty
