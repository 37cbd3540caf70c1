#include "tools/consoled/crowd.h"

namespace consoled {

void Crowd::turn(base::Time now) {
  if (now < end_) return;
  // Between two looks that are far apart there was no flood.
  before_ = now < end_ + kLook ? floods_ : 0;
  floods_ = 0;
  look_++;
  end_ = now + kLook;
}

bool Crowd::took(size_t bytes, uint64_t& seen, base::Time now) {
  turn(now);
  if (bytes < kFlood) return false;
  if (seen != look_) floods_++;
  seen = look_;
  return true;
}

}  // namespace consoled
