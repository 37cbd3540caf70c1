// pty: a pseudo-terminal pair for one command.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace pty {

struct Size {
  uint16_t rows = 24;
  uint16_t columns = 80;
  bool operator==(const Size&) const = default;
};

struct Pair {
  base::Fd master;   // non-blocking
  base::Fd slave;    // for the command; close it once that runs, or its end is never seen
  std::string name;  // /dev/pts/N
};

// A new pair of this window size, both ends close-on-exec. The terminal's settings are the
// kernel's.
base::Result<Pair> open(Size size);

// Opens a terminal that is there already (a serial line, a guest's console), non-blocking, raw,
// without making it the controlling terminal. A regular file is refused (bad_input).
base::Result<base::Fd> open_device(const std::string& path);

// The program in the foreground learns it by SIGWINCH, also when the size is the one that is: who
// asks has a screen on which nothing is painted yet. `fd` is the master side, or a device.
base::Result<void> set_size(int fd, Size size);

// The window size; 24x80 where `fd` is no terminal or does not know its own.
Size size_of(int fd);

// "24x80": rows, then columns, each from 1 to 9999.
base::Result<Size> parse_size(std::string_view text);
std::string size_text(Size size);

}  // namespace pty
