// Ending: how the daemon stops: lines are closed, what their commands left behind is waited for,
// the journals are written, and then the loop stops. Consoles that outlive a restart go on.
#pragma once

#include "lib/net/loop.h"
#include "lib/net/session_end.h"
#include "tools/consoled/consoles.h"

namespace consoled {

class Ending {
 public:
  Ending(net::Loop& loop, net::SessionEnd& session_end, Consoles& consoles, Journals& journals);

  // The second time it does not wait any more.
  void begin();
  // After the loop: waits for the disk, for two seconds at most. The exit status.
  int finish();

 private:
  net::Loop& loop_;
  net::SessionEnd& session_end_;
  Consoles& consoles_;
  Journals& journals_;
  bool begun_ = false;
  net::Timer limit_;
};

}  // namespace consoled
