// random: bytes from the kernel's generator (getrandom(2)), good for keys, tokens and names that
// nobody shall guess.
#pragma once

#include <cstddef>
#include <string>

namespace base {

// Blocks only before the kernel has been seeded, early in the boot.
std::string random_bytes(size_t n);

// 2 * n characters 0-9a-f.
std::string random_hex(size_t n);

}  // namespace base
