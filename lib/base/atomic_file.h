// atomic_file: a small file that is there whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace base {

// Replaces `path` by `bytes`, with exactly these mode bits; when it returns, a power cut cannot
// undo it. Blocks on the disk: not for a loop. A crash before the rename leaves the old file and
// `path.new`, which the next call overwrites; after it, the new file.
Result<void> write_atomic(const std::string& path, std::string_view bytes, unsigned mode);

// Makes a rename or unlink in the folder of `path` survive a power cut.
Result<void> sync_folder(const std::string& path);

}  // namespace base
