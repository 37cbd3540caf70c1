// list: what runs, a line each: for people in columns, for programs as JSON lines.
#pragma once

#include "tools/ptyattach/find.h"

namespace ptyattach {

// Asks each job for its state. The status for exit(3): 1 when there is none.
int list_jobs(const std::vector<Found>& jobs, bool json);

}  // namespace ptyattach
