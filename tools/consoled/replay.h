// replay: the last lines of a console, goconserver's replay: from memory where they are there, else
// from its journal, which is read elsewhere and not on the loop.
#pragma once

#include <functional>
#include <string>

#include "tools/consoled/console.h"

namespace consoled {

// `done` is told once: within this call, or later.
void replay(Shared& shared, Console& console, size_t lines,
            const std::function<void(std::string)>& done);

// The same of a journal file and of `ring`, which is what the stream has from byte `from` on: the
// journal may not have all of that yet. Blocks on the disk.
std::string last_lines(const std::string& journal, uint64_t from, const std::string& ring,
                       size_t lines);

}  // namespace consoled
