// Backoff: how long to wait before the next try: from a second to thirty, doubled each time, with
// up to a fifth more by chance, so that many who lost the same thing do not come back at once.
#pragma once

#include "lib/base/clock.h"

namespace net {

class Backoff {
 public:
  explicit Backoff(base::Duration first = std::chrono::seconds(1),
                   base::Duration longest = std::chrono::seconds(30))
      : first_(first), longest_(longest) {}

  base::Duration next();
  // Something lasted, or a good answer came: the next wait is the shortest again.
  void reset() { wait_ = {}; }

 private:
  base::Duration first_, longest_, wait_{};
};

}  // namespace net
