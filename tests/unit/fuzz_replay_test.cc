// Replays the fuzzers' seeds, and what they once found, without a fuzzer: a file per input in
// tests/fuzz/seed/NAME. A target aborts on an error; the test then says which input it was at.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/fd.h"
#include "tests/fuzz/target.h"

namespace {
void replay(const std::string& name, FuzzTarget target) {
  size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/seed/" + name)) {
    const std::string path = entry.path().string();
    CAPTURE(path);
    const auto bytes = base::read_file(path, 1 << 20);
    REQUIRE(bytes);
    const std::vector<uint8_t> data(bytes->begin(), bytes->end());
    CHECK(target(data.data(), data.size()) == 0);
    inputs++;
  }
  CHECK(inputs > 0);
}
}  // namespace

TEST_CASE("every fuzz target stands its seeds") {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz")) {
    files += entry.path().extension() == ".cc" ? 1U : 0U;
  }
  CHECK(fuzz_targets().size() == files);
  for (const auto& [name, target] : fuzz_targets()) replay(name, target);
}
