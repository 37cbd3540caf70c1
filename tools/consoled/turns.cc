#include "tools/consoled/turns.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"

namespace consoled {

namespace {
// Starting a command takes a millisecond: so many, and then the loop looks at the others.
constexpr int kAtATime = 4;
}  // namespace

Turns::Turns(net::Loop& loop, Limits limits)
    : loop_(loop), limits_(limits), timer_(loop, [this] { give(); }) {}

void Turns::ask(Who who, const std::string& host, std::function<void()> turn) {
  const auto at = hosts_.try_emplace(host).first;
  at->second.waiting.push_back(who);
  const bool is_new =
      asked_.try_emplace(who, Asked{at, std::prev(at->second.waiting.end()), std::move(turn)})
          .second;
  CHECK(is_new);
  list(at);
}

void Turns::leave(Who who) {
  const auto at = asked_.find(who);
  if (at == asked_.end()) return;
  const Hosts::iterator host = at->second.host;
  if (at->second.turn) {
    host->second.waiting.erase(at->second.place);
  } else {
    host->second.active--;
    active_--;
  }
  asked_.erase(at);
  list(host);
  tidy(host);
}

void Turns::limit(Limits limits) {
  limits_ = limits;
  for (auto at = hosts_.begin(); at != hosts_.end(); ++at) list(at);
}

void Turns::list(Hosts::iterator host) {
  Host& h = host->second;
  if (!h.listed && !h.waiting.empty()) {
    h.listed = true;
    rotation_.push_back(host);
  }
  if (!rotation_.empty() && active_ < limits_.at_once) arm(loop_.now());
}

void Turns::tidy(Hosts::iterator host) {
  const Host& h = host->second;
  if (h.waiting.empty() && h.active == 0 && !h.listed && h.next <= loop_.now()) hosts_.erase(host);
}

void Turns::arm(base::Time when) {
  if (timer_.pending() && armed_ <= when) return;
  armed_ = when;
  timer_.at(when);
}

bool Turns::may_go(const Hosts::iterator& host) const {
  return host->first.empty() || host->second.active < limits_.per_host;
}

void Turns::give_to(Hosts::iterator host) {
  Host& h = host->second;
  const auto at = asked_.find(h.waiting.front());
  h.waiting.pop_front();
  h.active++;
  active_++;
  if (!host->first.empty()) h.next = loop_.now() + limits_.host_interval;
  std::exchange(at->second.turn, nullptr)();
}

// Once around the hosts at most. One that may not go now is listed again when somebody there is
// done; one that only has to pause stays, and the timer is set for it.
void Turns::give() {
  int given = 0;
  base::Time soonest = base::Time::max();
  for (size_t left = rotation_.size(); left > 0 && given < kAtATime; left--) {
    if (active_ >= limits_.at_once) return;
    const Hosts::iterator host = rotation_.front();
    rotation_.pop_front();
    host->second.listed = false;
    if (host->second.waiting.empty()) {
      tidy(host);
      continue;
    }
    if (!may_go(host)) continue;
    host->second.listed = true;
    rotation_.push_back(host);
    if (host->second.next > loop_.now()) {
      soonest = std::min(soonest, host->second.next);
      continue;
    }
    give_to(host);
    given++;
  }
  if (given > 0) soonest = loop_.now();
  if (!rotation_.empty() && soonest != base::Time::max()) arm(soonest);
}

}  // namespace consoled
