// equal: whether two secrets are the same, in a time that does not tell how much of them is.
#pragma once

#include <string_view>

namespace crypto {

// The time depends on the lengths alone.
bool equal(std::string_view a, std::string_view b);

}  // namespace crypto
