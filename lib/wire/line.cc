#include "lib/wire/line.h"

#include <utility>

namespace wire {

// What was given out by the last call is no longer needed, nor its memory.
void LineSplitter::release() {
  if (!done_) return;
  std::string().swap(rest_);
  done_ = false;
}

std::optional<Line> LineSplitter::next(std::string_view& bytes) {
  release();
  const size_t lf = bytes.find('\n');
  const std::string_view part = bytes.substr(0, lf == std::string_view::npos ? lf : lf + 1);
  bytes.remove_prefix(part.size());
  if (lf == std::string_view::npos) return keep(part);
  if (dropping_ > 0 || rest_.size() + part.size() > max_) return end_dropped(part.size());
  if (rest_.empty()) return Line{part, 0};
  rest_ += part;
  done_ = true;
  return Line{rest_, 0};
}

// The line goes on after `part`.
std::optional<Line> LineSplitter::keep(std::string_view part) {
  if (dropping_ > 0) {
    dropping_ += part.size();
  } else if (rest_.size() + part.size() > max_) {
    dropping_ = rest_.size() + part.size();
    std::string().swap(rest_);
  } else {
    rest_ += part;
  }
  return std::nullopt;
}

Line LineSplitter::end_dropped(size_t last) {
  const uint64_t length = std::exchange(dropping_, 0) + rest_.size() + last;
  std::string().swap(rest_);
  return Line{{}, length};
}

std::optional<Line> LineSplitter::take_rest() {
  release();
  if (dropping_ > 0) return end_dropped(0);
  if (rest_.empty()) return std::nullopt;
  done_ = true;
  return Line{rest_, 0};
}

}  // namespace wire
