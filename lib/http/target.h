// target: the target of a request taken apart: path and query, percent-decoded (RFC 3986). Pure.
//
// What could mean two things to two readers is refused and not mended: dot segments, NUL and other
// control bytes, an encoded slash, a fragment, a % without its two digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace http {

struct Target {
  std::string authority;  // "host:port" of an absolute form ("http://host:port/..."), else empty
  std::string path;       // decoded, begins with '/'; "*" for OPTIONS *
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
};

// The target of every method but CONNECT. bad_input says what is wrong with it.
base::Result<Target> parse_target(std::string_view target);

// "a%20b" to "a b"; nothing where a % has not its two digits. `plus`: '+' is a blank, as in forms.
std::optional<std::string> percent_decode(std::string_view text, bool plus);
// What may stand in one segment of a path, or in a query.
std::string percent_encode(std::string_view text);

}  // namespace http
