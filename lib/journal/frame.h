// The index inside a compressed old file: NAME.log.1.zst begins with a skippable frame (RFC 8878,
// 3.1.2) that holds the index of NAME.log.1, itself compressed. zstd and its kin pass over it, and
// an old file and its index are one file.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace journal {

// The frame for these bytes of an index; empty when zstd cannot.
std::string index_frame(std::string_view index);

// The index at the beginning of the open file; empty where there is none, or no sound one. Leaves
// the file's own position alone.
std::string read_index_frame(int fd);

}  // namespace journal
