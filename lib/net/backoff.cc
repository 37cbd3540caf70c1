#include "lib/net/backoff.h"

#include <algorithm>
#include <random>

namespace net {

base::Duration Backoff::next() {
  wait_ = std::clamp(wait_ * 2, first_, longest_);
  // Made when it is needed, which most often is never: it asks the processor what it can do, and
  // in a virtual machine that costs a small tool a noticeable part of its start.
  std::random_device device;
  return wait_ + wait_ * std::uniform_int_distribution<int>(0, 20)(device) / 100;
}

}  // namespace net
