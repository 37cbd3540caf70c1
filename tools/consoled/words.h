// words: a command line as a shell's words, without a shell: blanks separate, '...' and "..." and
// backslash quote as in sh(1) (POSIX, 2.2); nothing is expanded. Pure.
//
// Where a word is in a language with backslashes of its own, only quotes quote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace consoled {

enum class Backslash : uint8_t { quotes, stays };

// bad_input: a quote that is not closed, with its column from 1.
base::Result<std::vector<std::string>> shell_words(std::string_view line,
                                                   Backslash backslash = Backslash::quotes);

}  // namespace consoled
