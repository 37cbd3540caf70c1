#include "lib/net/backoff.h"

#include <algorithm>
#include <random>

namespace net {

base::Duration Backoff::next() {
  // At its longest there is chance, too, below that and not above.
  wait_ = std::max(first_, std::min(wait_ * 2, longest_ * 5 / 6));
  // Made when it is needed, which most often is never: it asks the processor what it can do, and
  // in a virtual machine that costs a small tool a noticeable part of its start.
  std::random_device device;
  const base::Duration more = wait_ * std::uniform_int_distribution<int>(0, 20)(device) / 100;
  return std::min(wait_ + more, std::max(first_, longest_));
}

}  // namespace net
