// config_files: what of a configuration only the disk can tell: whether certificates, keys and
// passwords in files can be used. Blocks on the disk: for the start, and for a reload.
#pragma once

#include "tools/consoled/config.h"

namespace consoled {

// The ports' TLS that cannot be used is an error; a logger of which that is so is left out, unless
// `running` (null at the start) has the same one: that goes on with what it read when it began.
void check_files(LoadedConfig& loaded, const Config* running);

// Paths of which the disk says that they cannot be used now are errors: for --check. A daemon that
// starts may find a disk that is not there yet, and says so itself.
void check_paths(LoadedConfig& loaded);

}  // namespace consoled
