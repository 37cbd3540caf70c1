#include "lib/pty/screen.h"

namespace pty {

namespace {
// What programs may have switched on: attributes, line drawing, hidden cursor, mouse, focus events,
// bracketed paste, cursor keys, keypad, insert mode, and a scroll region, whose end moves the
// cursor.
constexpr std::string_view kPlain =
    "\x1b[0m\x1b(B\x0f\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l"
    "\x1b[?2004l\x1b[?1l\x1b>\x1b[4l\x1b\x37\x1b[r\x1b\x38";
constexpr std::string_view kAlternateOff = "\x1b[?1049l";
constexpr std::string_view kLastLine = "\x1b[999;1H";
constexpr std::string_view kBegin = "\x1b[";
constexpr size_t kLongest = 32;
}  // namespace

void Screen::show(std::string_view bytes) {
  tail_ += bytes;
  size_t at = 0;
  while ((at = tail_.find('\x1b', at)) != std::string::npos) {
    const size_t end = tail_.find_first_not_of("?;0123456789", at + kBegin.size());
    const bool whole = end != std::string::npos || tail_.size() - at > kLongest;
    if (!whole) break;
    if (end != std::string::npos && tail_.compare(at, kBegin.size(), kBegin) == 0) {
      sequence(std::string_view(tail_).substr(at + kBegin.size(), end + 1 - at - kBegin.size()));
    }
    at++;
  }
  tail_.erase(0, at);
}

// `clear` goes home without saying where that is; who paints a screen names lines.
void Screen::sequence(std::string_view body) {
  if (body == "?1049h" || body == "?1049l") {
    alternate_ = body.back() == 'h';
    painted_ = false;
  } else if (body.size() > 1 && body.back() == 'H') {
    painted_ = true;
  }
}

std::string Screen::leave() const {
  std::string out(kPlain);
  if (alternate_) {
    out += kAlternateOff;
  } else if (painted_) {
    out += kLastLine;
  }
  return out;
}

}  // namespace pty
