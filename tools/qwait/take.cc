#include "tools/qwait/take.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "lib/base/log.h"

namespace qwait {

using base::Errc;
using base::Result;
using queue::Fate;

namespace {

constexpr int64_t kLongestBackoff = 600'000;  // ms
// A lease counts from when it was asked for: one that is asked for ahead is shorter by the wait,
// which may be no more than this part of it.
constexpr int64_t kAheadPart = 4;

std::string worker_name() {
  std::array<char, 65> host{};
  ::gethostname(host.data(), host.size() - 1);
  return base::cat(host.data(), ":", ::getpid());
}

int64_t backoff_ms(int64_t first, int tries) {
  int64_t ms = first;
  for (int i = 1; i < tries && ms < kLongestBackoff; i++) ms *= 2;
  return std::min(ms, std::max(first, kLongestBackoff));
}

}  // namespace

Taker::Taker(net::Loop& loop, Link& link, const Options& options, Limits& limits, Events events)
    : loop_(loop),
      link_(link),
      options_(options),
      limits_(limits),
      events_(std::move(events)),
      work_(link.scripts(), options.queue),
      worker_(worker_name()) {}

void Taker::ready() {
  ready_ = true;
  for (const auto& held : held_) {
    if (held->settle) held->settle();
  }
  look();
}

void Taker::stop() {
  if (!stopped_ && ahead_) {
    link_.unblock([this] {
      ahead_ = false;
      check_idle();
    });
  }
  stopped_ = true;
  check_idle();
}

void Taker::look() {
  if (!ready_ || taking_ || stopped_ || link_.blocking()) return check_idle();
  if (full()) return;
  if (limits_.left() <= 0) return stop();
  taking_ = true;
  const int64_t asked = boot_ms();
  work_.take(options_.lease_ms, worker_, [this, asked](Result<queue::TakeAnswer> answer) {
    taking_ = false;
    took(std::move(answer), asked);
  });
}

void Taker::took(Result<queue::TakeAnswer> answer, int64_t asked) {
  if (!answer) {
    const Errc code = answer.error().code;
    // Whether there was an item is not known; if so its lease runs out.
    if (code == Errc::closed || code == Errc::not_found) {
      ready_ = ready_ && link_.client().ready();
      return check_idle();
    }
    if (code == Errc::busy) return wait(100);
    return events_.fatal(queue::explain(link_.place(), options_.queue, answer.error()));
  }
  if (answer->item) return hold(*answer, asked);
  if (limits_.no_waiting()) return stop();
  wait(answer->block_ms());
}

void Taker::wait(int64_t ms) {
  if (stopped_) return check_idle();
  // Over a network a take ahead could lease an item to one who is long gone.
  if (!link_.place().local || options_.lease_ms < kAheadPart * ms) {
    return link_.block(work_.wake_command(ms), ms, [this](const redis::Reply*) { look(); });
  }
  // Unblocked, the answer of the take is all there is to wait for; late, or broken, it is not.
  link_.block(
      work_.wake_command(ms), ms,
      [this](const redis::Reply* answer) {
        if (answer == nullptr || !ahead_) look();
      },
      [this](redis::Scripts& scripts) { take_ahead(scripts); });
}

void Taker::take_ahead(redis::Scripts& scripts) {
  ahead_ = true;
  const int64_t asked = boot_ms();
  queue::Work(scripts, options_.queue)
      .take(options_.lease_ms, worker_, [this, asked](Result<queue::TakeAnswer> answer) {
        ahead_ = false;
        took_ahead(std::move(answer), asked);
      });
}

// Who waited too long for it has looked by himself meanwhile.
void Taker::took_ahead(Result<queue::TakeAnswer> answer, int64_t asked) {
  const bool lost =
      !answer && (answer.error().code == Errc::closed || answer.error().code == Errc::not_found);
  const bool item = answer && answer->item;
  if (lost || (!item && (taking_ || full() || link_.blocking()))) return check_idle();
  took(std::move(answer), asked);
}

void Taker::hold(queue::TakeAnswer& answer, int64_t asked) {
  Held& held = *held_.emplace_back(std::make_unique<Held>());
  held.item = std::move(*answer.item);
  held.keeper = std::make_unique<Keeper>(
      loop_, work_, answer.lease, options_.lease_ms, asked,
      Keeper::Events{.ending =
                         [&held] {
                           if (held.on_ending) held.on_ending();
                         },
                     .over = [this, &held](bool surely) { lease_over(held, surely); }});
  if (stopped_ || limits_.left() <= 0 || static_cast<int64_t>(held_.size()) > options_.at_once) {
    return give_back(held);
  }
  if (options_.tries > 0 && held.item.tries > options_.tries) {
    const std::string why = held.item.reason.empty() ? "never finished" : held.item.reason;
    bury(held, base::cat(held.item.tries - 1, " tries: ", why));
    return look();
  }
  limits_.got();
  events_.taken(held);
  look();
}

void Taker::lease_over(Held& held, bool surely) {
  if (held.on_over) return held.on_over();
  base::log::error(options_.queue, ": ", held.item.id, ": its lease ",
                   surely ? "is lost" : "may have run out", ": not acknowledged");
  drop(held);
}

// What was not answered is said again while the lease is surely ours. The keeper stays until then.
void Taker::settle(Held& held, std::string what, std::function<void(Answer)> say) {
  held.on_ending = held.on_over = nullptr;
  if (!held.keeper->sure()) return lease_over(held, false);
  held.settle = [this, &held, what = std::move(what), say = std::move(say)] {
    if (!held.keeper->sure()) return;  // lease_over says so
    say([this, &held, what, alive = std::weak_ptr<bool>(held.alive)](Result<Fate> fate) {
      // The lease may have run out meanwhile.
      if (!alive.expired()) settled(held, what, std::move(fate));
    });
  };
  held.keeper->stop();
  // A copy: the answer may come at once and end `held`.
  const auto now = held.settle;
  now();
}

void Taker::settled(Held& held, const std::string& what, Result<Fate> fate) {
  if (!fate && (fate.error().code == Errc::closed || fate.error().code == Errc::not_found)) {
    held.repeated = held.repeated || fate.error().code == Errc::closed;
    return;  // ready() says it again
  }
  const std::string name = base::cat(options_.queue, ": ", held.item.id);
  if (!fate) {
    base::log::error(name, ": not ", what, ": ", fate.error().what);
  } else if (*fate == Fate::lost && held.repeated) {
    base::log::warn(name, ": ", what, ", or its lease is lost: the answer did not come");
  } else if (*fate == Fate::lost) {
    base::log::error(name, ": its lease is lost: not ", what);
  } else if (*fate == Fate::dead && what != "buried") {
    base::log::error(name, ": that was the last try: a dead letter");
  }
  drop(held);
}

void Taker::drop(Held& held) {
  // The callback that brought us here belongs to it.
  const auto at =
      std::find_if(held_.begin(), held_.end(), [&](const auto& h) { return h.get() == &held; });
  if (at == held_.end()) return;
  held.alive.reset();
  loop_.defer([gone = std::shared_ptr<Held>(std::move(*at))] {});
  held_.erase(at);
  look();
}

void Taker::done(Held& held) {
  done(held, queue::Ending{});
}

void Taker::done(Held& held, queue::Ending ending) {
  settle(held, "acknowledged", [this, &held, ending = std::move(ending)](Answer answer) {
    if (held.item.result_ms > 0) {
      work_.ack(held.keeper->lease(), ending, std::move(answer));
    } else {
      work_.ack(held.keeper->lease(), std::move(answer));
    }
  });
}

void Taker::failed(Held& held, const std::string& why) {
  if (options_.tries > 0 && held.item.tries >= options_.tries) return bury(held, why);
  queue::Work::Back back;
  back.delay_ms = backoff_ms(options_.backoff_ms, held.item.tries);
  back.reason = why;
  const bool last = held.item.limit > 0 && held.item.tries >= held.item.limit;
  if (!last) {
    base::log::warn(options_.queue, ": ", held.item.id, ": ", why, ": again in ", back.delay_ms,
                    " ms");
  }
  settle(held, "given back", [this, &held, back](Answer answer) {
    work_.release(held.keeper->lease(), back, std::move(answer));
  });
}

void Taker::give_back(Held& held) {
  settle(held, "given back", [this, &held](Answer answer) {
    work_.release(held.keeper->lease(), {.delay_ms = 0, .counted = false, .reason = "given back"},
                  std::move(answer));
  });
}

void Taker::bury(Held& held, const std::string& why) {
  base::log::error(options_.queue, ": ", held.item.id, ": ", why, ": a dead letter");
  settle(held, "buried", [this, &held, why](Answer answer) {
    work_.bury(held.keeper->lease(), why, std::move(answer));
  });
}

void Taker::leave(Held& held) {
  held.keeper->stop();
  drop(held);
}

void Taker::check_idle() {
  if (stopped_ && held_.empty() && !taking_ && !ahead_) events_.idle();
}

}  // namespace qwait
