// Replays the fuzzers' seeds, and what they once found, without a fuzzer: a file per input in
// tests/fuzz/seed/NAME. A target aborts on an error; the test then says which input it was at.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/fd.h"
#include "tests/fuzz/target.h"

extern "C" {
int fuzz_json_reader(const uint8_t* data, size_t size);
int fuzz_line_splitter(const uint8_t* data, size_t size);
int fuzz_redis_reader(const uint8_t* data, size_t size);
}

#define LLVMFuzzerTestOneInput fuzz_json_reader
#include "tests/fuzz/json_reader.cc"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_line_splitter
#include "tests/fuzz/line_splitter.cc"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_redis_reader
#include "tests/fuzz/redis_reader.cc"
#undef LLVMFuzzerTestOneInput

namespace {
void replay(const std::string& name, int (*target)(const uint8_t*, size_t)) {
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

TEST_CASE("the JSON reader stands the fuzzer's seeds") {
  replay("json_reader", fuzz_json_reader);
}

TEST_CASE("the line splitter stands the fuzzer's seeds") {
  replay("line_splitter", fuzz_line_splitter);
}

TEST_CASE("the reader of Redis's answers stands the fuzzer's seeds") {
  replay("redis_reader", fuzz_redis_reader);
}
