#include "tools/qwait/standby.h"

#include <utility>

#include "lib/base/log.h"
#include "lib/queue/names.h"

namespace qwait {

using base::Result;
using redis::Reply;

Standby::Standby(net::Loop& loop, const queue::Place& place, const queue::Work& work, Events events)
    : work_(work),
      events_(std::move(events)),
      client_(loop, place.connect, place.login,
              {.ready = [this] { subscribe(); },
               .lost = [this](const base::Error& e) { lost(e); },
               .low_water = nullptr,
               .pushed = [this](const std::string& message) { events_.told(message); }}) {}

void Standby::subscribe() {
  const std::string channel = queue::random_hex(16);
  client_.command({"SUBSCRIBE", work_.taker_channel(channel)},
                  [this, channel](const Result<Reply>& answer) {
                    if (!answer) return;  // lost() was told, and it will be tried again
                    if (answer->is_error()) {
                      base::log::debug(work_.name(), ": no standing by: ", answer->text);
                      return events_.refused();
                    }
                    channel_ = channel;
                    events_.up();
                  });
}

void Standby::lost(const base::Error& error) {
  base::log::debug(error.what);
  if (!std::exchange(channel_, "").empty()) events_.lost();
}

// Answers come in their order with messages.
void Standby::drain(std::function<void()> done) {
  client_.command({"PING"}, [done = std::move(done)](const Result<Reply>&) { done(); });
}

}  // namespace qwait
