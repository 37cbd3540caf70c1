#include "tools/ptybufferd/ending.h"

#include <nlohmann/json.hpp>

namespace ptybufferd {

namespace {
constexpr auto kLimit = std::chrono::seconds(10);
}

Ending::Ending(net::Loop& loop, const Options& options, net::Fanout& fanout, peer::Events& events)
    : loop_(loop), options_(options), fanout_(fanout), events_(events), limit_(loop, [this] {
        loop_.stop();
      }) {}

void Ending::begin(int code) {
  begun_ = true;
  code_ = code;
  // First the sockets: who sees the end of the stream may start the next job at once.
  events_.emit("over", {{"status", code}});
  fanout_.finish();
  if (options_.wait) return;
  if (fanout_.viewers() == 0) {
    loop_.stop();
  } else {
    limit_.after(kLimit);
  }
}

void Ending::none_left() {
  if (begun_) loop_.stop();
}

}  // namespace ptybufferd
