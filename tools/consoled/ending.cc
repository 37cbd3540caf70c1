#include "tools/consoled/ending.h"

#include "lib/base/log.h"
#include "lib/net/notify.h"

namespace consoled {

namespace {
constexpr auto kCommands = std::chrono::seconds(8);  // TERM, five seconds, KILL
constexpr auto kDisk = std::chrono::seconds(2);
}  // namespace

Ending::Ending(net::Loop& loop, net::SessionEnd& session_end, Consoles& consoles,
               Journals& journals)
    : loop_(loop),
      session_end_(session_end),
      consoles_(consoles),
      journals_(journals),
      limit_(loop, [this] { loop_.stop(); }) {}

void Ending::begin() {
  if (begun_) return loop_.stop();
  begun_ = true;
  net::notify("STOPPING=1");
  base::log::info("stopping");
  consoles_.stop();
  if (session_end_.pending() == 0) return loop_.stop();
  session_end_.on_idle([this] { loop_.stop(); });
  limit_.after(kCommands);
}

int Ending::finish() {
  consoles_.clear();
  if (!journals_.stop(base::Clock::now() + kDisk)) {
    base::log::error("the disk hangs: console output is lost");
  }
  return 0;
}

}  // namespace consoled
