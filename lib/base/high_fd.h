// high_fd: where in a process's table of descriptors the many that stay are kept.
#pragma once

#include "lib/base/fd.h"

namespace base {

// So many numbers are for what is opened and closed again: a new process that shall inherit some of
// those, and nothing else, then need not be given a copy of thousands, only to close them.
inline constexpr int kLowFds = 64;

// The same file at a number from kLowFds on, close-on-exec; for what is one of very many and stays
// open. Where the limit leaves no room there, and for none (-1), what was given. Keeps errno.
Fd high(Fd fd);

}  // namespace base
