// last_lines: where the last lines of a journal begin, across its files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/base/result.h"
#include "lib/journal/chain.h"

namespace journal {

struct LinesPlace {
  size_t file = 0;  // of the chain
  uint64_t position = 0;
};

// Plain files are read from their end on, compressed ones as a whole. An unfinished last line is a
// line. Fewer than n lines: the beginning of the oldest file. Moves the files' positions. After an
// error `place.file` is the file that cannot be read.
base::Result<void> find_last_lines(const Chain& chain, uint64_t n, LinesPlace& place);

}  // namespace journal
