#include "tools/consoled/silence.h"

#include "tools/consoled/params.h"

namespace consoled {

Silence::Silence(net::Loop& loop, const Node& node, Hooks hooks)
    : loop_(loop),
      hooks_(std::move(hooks)),
      after_(std::chrono::seconds(number_param(node, "idle", 0))),
      answer_(std::chrono::seconds(number_param(node, "idle_answer", 0))),
      probe_(parse_steps(param(node, "idle_string", "\\r"), kBreakDelay)),
      heard_(loop.now()),
      timer_(loop, [this] { look(); }) {
  timer_.after(after_);
}

void Silence::look() {
  if (probed_ && answer_ > base::Duration::zero()) return hooks_.dead();
  const base::Time due = heard_ + after_;
  if (due > loop_.now()) {
    timer_.at(due);
    return;
  }
  probed_ = answer_ > base::Duration::zero();
  heard_ = loop_.now();
  timer_.after(probed_ ? answer_ : after_);
  hooks_.send(probe_);
}

}  // namespace consoled
