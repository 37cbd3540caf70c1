// Crowd: how much one console may take when many are busy.
#include <array>

#include <doctest/doctest.h>

#include "tools/consoled/crowd.h"

using consoled::Crowd;
using std::chrono::milliseconds;

namespace {
// Every one of `n` sources takes so much, each 5 ms, for 200 ms.
struct Many {
  Crowd crowd;
  base::Time now{std::chrono::seconds(100)};
  std::array<uint64_t, 200> seen{};

  void take(size_t n, size_t bytes) {
    for (int i = 0; i < 40; i++, now += milliseconds(5)) {
      for (size_t k = 0; k < n; k++) crowd.took(bytes, seen.at(k), now);
    }
  }
};
}  // namespace

TEST_CASE("a source alone, or one of few, takes 64 KiB; one of many in flood 16") {
  Many m;
  CHECK(m.crowd.gather() == Crowd::kAlone);
  m.take(1, 65536);
  CHECK(m.crowd.gather() == Crowd::kAlone);
  m.take(8, 65536);
  CHECK(m.crowd.gather() == Crowd::kAlone);
  m.take(9, 65536);
  CHECK(m.crowd.gather() == Crowd::kAmongMany);
  m.take(200, 16384);
  CHECK(m.crowd.gather() == Crowd::kAmongMany);
}

TEST_CASE("many that say little are no crowd, and a crowd that is silent is none any more") {
  Many m;
  m.take(200, 1000);
  CHECK(m.crowd.gather() == Crowd::kAlone);
  m.take(200, 16384);
  CHECK(m.crowd.gather() == Crowd::kAmongMany);
  m.now += std::chrono::seconds(60);
  m.take(1, 65536);
  CHECK(m.crowd.gather() == Crowd::kAlone);
}

TEST_CASE("who takes 8 KiB at once is in flood") {
  Many m;
  uint64_t seen = 0;
  CHECK_FALSE(m.crowd.took(8191, seen, m.now));
  CHECK(m.crowd.took(8192, seen, m.now));
}
