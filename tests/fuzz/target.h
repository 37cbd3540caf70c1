// What libFuzzer calls. A target is one file tests/fuzz/NAME.cc with its seeds in seed/NAME; a line
// `// with: FILE ...` names the sources it needs beside lib/wire and lib/base. The unit tests have
// each under a name of its own (FUZZ_NAME), so that `make check` replays the seeds without clang.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

inline std::string_view fuzz_bytes(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void fuzz_expect(bool good) {
  if (!good) std::abort();
}

// Cuts that differ from input to input: the next piece of what is left.
inline std::string_view fuzz_piece(std::string_view left) {
  return left.substr(0, 1 + static_cast<unsigned char>(left[left.size() / 2]) % 9U);
}

// The targets of this program, by name.
using FuzzTarget = int (*)(const uint8_t*, size_t);
inline std::map<std::string, FuzzTarget>& fuzz_targets() {
  static std::map<std::string, FuzzTarget> all;
  return all;
}

#ifdef FUZZ_NAME
namespace {
const bool fuzz_known = fuzz_targets().emplace(FUZZ_NAME, LLVMFuzzerTestOneInput).second;
}
#endif
