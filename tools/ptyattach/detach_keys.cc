#include "tools/ptyattach/detach_keys.h"

namespace ptyattach {

bool DetachKeys::filter(std::string_view typed, std::string& out) {
  for (const char c : typed) {
    std::string seen = keys_.substr(0, matched_) + c;
    // The longest end of what was seen that is a beginning of the keys: so ^A^Ad detaches by ^Ad.
    while (!seen.empty() && !keys_.starts_with(seen)) {
      out += seen[0];
      seen.erase(0, 1);
    }
    matched_ = seen.size();
    if (matched_ == keys_.size()) {
      matched_ = 0;
      return true;
    }
  }
  return false;
}

}  // namespace ptyattach
