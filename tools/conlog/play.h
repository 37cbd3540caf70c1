// play: reads the journals that were asked for and shows them: one after the other, or, followed,
// all of them as they come.
#pragma once

#include "tools/conlog/options.h"

namespace conlog {

// Returns the exit status.
int play(const Options& options);

// -l
int list(const Options& options);

}  // namespace conlog
