// RawMode: the user's terminal in raw mode for as long as this object lives, and as it was before
// afterwards, also when the program ends by exit(3) or by a signal that ends programs.
#pragma once

#include <termios.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace pty {

class RawMode {
 public:
  // One at a time in a process, for signals know no objects.
  static base::Result<void> enter(int fd);
  // Does nothing when not in raw mode. Safe in a signal handler.
  static void leave() noexcept;
};

// A text with bare LFs for a terminal in raw mode: CR LF each. In any pieces.
std::string for_raw(std::string_view text);

}  // namespace pty
