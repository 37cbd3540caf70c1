// config_files: what of a configuration only the disk can tell: whether certificates, keys and
// passwords in files can be used. Blocks on the disk: for the start, and for a reload.
#pragma once

#include "tools/consoled/config.h"

namespace consoled {

// The ports' TLS that cannot be used is an error; a logger of which that is so is left out.
void check_files(LoadedConfig& loaded);

}  // namespace consoled
