// folder_lock: that no two daemons write into one folder: FOLDER/consoled.lock (0600), which is
// locked (flock(2)) for as long as its descriptor is open, and has the owner's pid in it for
// people, where there is room.
#pragma once

#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace consoled {

// Makes the folder where it is not there. busy: "FOLDER is used by consoled, pid N", after two
// seconds in which the owner might have ended.
base::Result<base::Fd> lock_folder(const std::string& folder);

}  // namespace consoled
