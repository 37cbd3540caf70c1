// What libFuzzer calls. tests/unit/fuzz_replay_test.cc includes the targets under names of their
// own, so that `make check` replays the seeds without clang.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
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
