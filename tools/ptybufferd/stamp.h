// stamp: begins each line of the output file with the time it began, as -p says:
// "2026-11-20 20:43:41 text", GMT.
#pragma once

#include "lib/journal/options.h"

namespace ptybufferd {

// For the writer thread; one for each file, since it remembers where in a line it is.
journal::Filter stamp_lines();

}  // namespace ptybufferd
