// Ending: how the daemon stops: lines are closed, what their commands left behind and definitions
// that are on their way to the disk are waited for, the loop stops, and then the journals are
// written. None of these is waited for without a limit. Consoles that outlive a restart go on.
#pragma once

#include "lib/net/loop.h"
#include "lib/net/session_end.h"
#include "tools/consoled/consoles.h"
#include "tools/consoled/definitions.h"

namespace consoled {

class Ending {
 public:
  // `definitions`: null where there are none.
  Ending(net::Loop& loop, net::SessionEnd& session_end, Consoles& consoles, Journals& journals,
         Definitions* definitions);

  // The second time it does not wait any more.
  void begin();
  // After the loop: waits for the disk, for two seconds at most. The exit status.
  int finish();

 private:
  void look();
  bool unwritten() const { return definitions_ != nullptr && definitions_->waiting() > 0; }

  net::Loop& loop_;
  net::SessionEnd& session_end_;
  Consoles& consoles_;
  Journals& journals_;
  Definitions* definitions_;
  bool begun_ = false;
  net::Timer limit_, disk_limit_;
};

}  // namespace consoled
