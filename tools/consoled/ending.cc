#include "tools/consoled/ending.h"

#include "lib/base/log.h"
#include "lib/net/notify.h"

namespace consoled {

namespace {
constexpr auto kCommands = std::chrono::seconds(8);  // TERM, five seconds, KILL
constexpr auto kDisk = std::chrono::seconds(2);
}  // namespace

Ending::Ending(net::Loop& loop, net::SessionEnd& session_end, Consoles& consoles,
               Journals& journals, Definitions* definitions)
    : loop_(loop),
      session_end_(session_end),
      consoles_(consoles),
      journals_(journals),
      definitions_(definitions),
      limit_(loop, [this] { loop_.stop(); }),
      disk_limit_(loop, [this] { look(); }) {}

void Ending::begin() {
  if (begun_) return loop_.stop();
  begun_ = true;
  net::notify("STOPPING=1");
  base::log::info("stopping");
  consoles_.stop();
  session_end_.on_idle([this] { look(); });
  if (definitions_ != nullptr) definitions_->on_told([this] { look(); });
  limit_.after(kCommands);
  disk_limit_.after(kDisk);
  look();
}

void Ending::look() {
  if (session_end_.pending() > 0) return;
  if (!unwritten() || !disk_limit_.pending()) loop_.stop();
}

int Ending::finish() {
  if (unwritten()) {
    base::log::error("the disk hangs: changes of definitions that may be lost: ",
                     definitions_->waiting());
  }
  consoles_.clear();
  if (!journals_.stop(base::Clock::now() + kDisk)) {
    base::log::error("the disk hangs: console output is lost");
  }
  return 0;
}

}  // namespace consoled
