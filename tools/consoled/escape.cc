#include "tools/consoled/escape.h"

#include <algorithm>
#include <utility>

namespace consoled {

namespace {
constexpr std::string_view kBegin =
    "\x05"
    "cl";
}

std::optional<Escape::Found> Escape::next(std::string_view& bytes) {
  if (bytes.empty()) return {};
  if (matched_ == 0) {
    const size_t plain = std::min(bytes.find(kBegin.front()), bytes.size());
    if (plain > 0) {
      const Found found{bytes.substr(0, plain)};
      bytes.remove_prefix(plain);
      return found;
    }
  }
  while (!bytes.empty() && matched_ < kBegin.size() && bytes.front() == kBegin[matched_]) {
    bytes.remove_prefix(1);
    matched_++;
  }
  if (bytes.empty()) return {};
  const char c = bytes.front();
  if (matched_ < kBegin.size() || c < '1' || c > '9') return Found{rest()};
  bytes.remove_prefix(1);
  matched_ = 0;
  return Found{{}, c - '0'};
}

std::string_view Escape::rest() {
  return kBegin.substr(0, std::exchange(matched_, 0));
}

}  // namespace consoled
