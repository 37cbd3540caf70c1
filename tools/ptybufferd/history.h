// History: what of the ring a new viewer is shown, and its count of lines. The lines kept are those
// that -n and the ring's size leave; of them -t says how many are shown at first.
#pragma once

#include <cstdint>

#include "lib/base/ring.h"

namespace ptybufferd {

class History {
 public:
  // `keep`: lines of history; `tail`: lines shown, -1 for all that are kept.
  History(const base::Ring& ring, int64_t keep, int64_t tail)
      : ring_(ring), keep_(keep), tail_(tail) {}

  // Bytes up to the ring's head were committed: counts their lines. Call it before the ring wraps
  // over what was not counted.
  void committed();

  uint64_t bytes() const { return ring_.head(); }
  uint64_t lines() const { return lines_; }
  int64_t keep() const { return keep_; }
  // Offset of the first byte that is kept: a line start, where the ring still has one.
  uint64_t begin() const;
  // Offset of the first byte that a new viewer is shown.
  uint64_t first_shown() const;
  // How many lines begin before the offset.
  uint64_t lines_before(uint64_t offset) const;

 private:
  const base::Ring& ring_;
  int64_t keep_, tail_;
  uint64_t lines_ = 0;
  uint64_t counted_ = 0;  // offset up to which lines_ is right
};

}  // namespace ptybufferd
