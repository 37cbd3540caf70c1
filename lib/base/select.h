// select: "several at once" (DESIGN, part 4), one syntax in all tools: a comma list of names, globs
// (*, ?, [a-z]), @group and label=value. Pure: what there is comes in, what was meant goes out.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace base {

struct Candidate {
  std::string name;
  std::map<std::string, std::string> labels;
  std::vector<std::string> groups;
};

// The names that `pattern` means, each once, in the order of `all` for globs and of the pattern for
// names. not_found names the first part that meant nothing; bad_input one that cannot be read.
// too_big: more than a hundred parts that are not whole names.
// A plain name may be shortened to a unique prefix; an ambiguous one is refused with what it could
// have been.
Result<std::vector<std::string>> select(std::string_view pattern,
                                        const std::vector<Candidate>& all);

// 1 to 128 of [A-Za-z0-9._-], not beginning with '.' or '-': the names of jobs, nodes, queues.
bool valid_name(std::string_view name);

}  // namespace base
