// words: what libssh and hosts say, in words for our people. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ssh {

// libssh's text for an error. Where nothing was in common: what the host offers, and the parameter
// that allows it.
std::string library_words(std::string_view text);

// A stranger's words: without control bytes, cut to what fits into a line.
std::string foreign_words(std::string_view text);

}  // namespace ssh
