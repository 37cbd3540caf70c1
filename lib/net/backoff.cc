#include "lib/net/backoff.h"

#include <algorithm>

namespace net {

base::Duration Backoff::next() {
  wait_ = std::clamp(wait_ * 2, first_, longest_);
  return wait_ + wait_ * std::uniform_int_distribution<int>(0, 20)(random_) / 100;
}

}  // namespace net
