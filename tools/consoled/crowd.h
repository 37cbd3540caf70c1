// crowd: how many sources flood at the same time, and so how much one may take in a turn of the
// loop: alone much, which is cheap; among many little, so that each comes round soon. Measured:
// among 199 in flood a key needs a third of the time with 16 KiB that it needs with 64. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/base/clock.h"

namespace consoled {

class Crowd {
 public:
  // So much in one turn makes it a flood.
  static constexpr size_t kFlood = 8192;
  static constexpr size_t kAlone = size_t{64} * 1024;
  static constexpr size_t kAmongMany = size_t{16} * 1024;

  // What one source may take now.
  size_t gather() const { return before_ > kMany ? kAmongMany : kAlone; }
  // A source took so much. `seen` is the source's own, 0 at first. True: it is in flood.
  bool took(size_t bytes, uint64_t& seen, base::Time now);

 private:
  static constexpr size_t kMany = 8;
  static constexpr base::Duration kLook = std::chrono::milliseconds(50);

  void turn(base::Time now);

  uint64_t look_ = 0;  // the present one; each source counts once in it
  base::Time end_{};   // of it
  size_t floods_ = 0;  // in it
  size_t before_ = 0;  // in the one before
};

}  // namespace consoled
