// A command line gives words or an error; words quoted again give the same words.
// with: tools/consoled/words.cc
#include "tools/consoled/words.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto words = consoled::shell_words(fuzz_bytes(data, size));
  if (!words) return 0;
  std::string quoted;
  for (const std::string& word : *words) {
    quoted += " '";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    quoted += "'";
  }
  const auto again = consoled::shell_words(quoted);
  fuzz_expect(again && *again == *words);
  return 0;
}
