#include "lib/pty/named_lines.h"

#include <utility>

#include "lib/base/cat.h"

namespace pty {

NamedLines::NamedLines(std::string_view name, size_t width, std::string_view end)
    : name_(name), end_(end) {
  if (name_.size() < width) name_.append(width - name_.size(), ' ');
}

std::string NamedLines::take(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const bool ended = end != std::string_view::npos;
    unfinished_ += bytes.substr(0, end);
    if (ended || unfinished_.size() > kLongest) end_line(out);
    bytes.remove_prefix(ended ? end + 1 : bytes.size());
  }
  return out;
}

std::string NamedLines::rest() {
  std::string out;
  if (!unfinished_.empty()) end_line(out);
  return out;
}

std::string NamedLines::line(std::string_view text) const {
  return base::cat(name_, ": ", text, end_);
}

// What goes back to the line's beginning goes back to behind the name.
void NamedLines::end_line(std::string& out) {
  std::string text = std::exchange(unfinished_, {});
  while (text.ends_with('\r')) text.pop_back();
  std::string shown;
  for (const char c : text) {
    shown += c;
    if (c == '\r') shown += name_ + ": ";
  }
  out += line(shown);
}

}  // namespace pty
