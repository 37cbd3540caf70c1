// What logrotate does with a journal's files, seen from its index: it moves the log and all old
// files up by one, or more, and knows nothing of what lies beside them. Blocks on the disk.
//
// The index of an old file has its time of modification, which a rename, gzip and zstd keep: so
// each is known again under whatever name.
#pragma once

#include <cstddef>
#include <string>

namespace journal {

// The number of the old file that the open file became; 0: of none that can be told.
size_t number_of(const std::string& log, int fd);

// The index beside the log becomes that of old file `number`. Those of the older files go where
// their files went, or away with them. False: it could not be renamed.
bool hand_over_index(const std::string& log, size_t number);

// The open index has the time of its open file.
void date_index(int index, int log);

}  // namespace journal
