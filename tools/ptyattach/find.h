// find: the jobs whose sockets lie where jobs' sockets lie, and what a name on the command line
// means. Looks at folders; blocks no longer than that takes.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace ptyattach {

struct Found {
  std::string name;    // "web"; for a path or address what was given
  std::string socket;  // its path, @name, or HOST:PORT
};

// The sockets in the runtime folder, the system's, and the folders of ptyautostart; a name that is
// in several belongs to the first.
std::vector<Found> all_jobs();

// What the operands mean: paths, @names and HOST:PORT as they are; else names, beginnings, globs
// and lists of them (base::select), each job once. not_found says where was looked; usage, that a
// name could be several.
base::Result<std::vector<Found>> find_jobs(const std::vector<std::string>& targets);

}  // namespace ptyattach
