#include "tools/qwait/take.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/log.h"

namespace qwait {

using base::Errc;
using base::Result;
using queue::Fate;
using std::chrono::milliseconds;

namespace {

constexpr int64_t kLongestBackoff = 600'000;  // ms
// A lease counts from when it was asked for: one that a put gives is shorter by the wait for it,
// which may be no more than this part of it.
constexpr int64_t kStandbyPart = 4;
constexpr auto kLastMessage = std::chrono::seconds(1);  // to come when one leaves

const queue::Work::Back kUntried{.delay_ms = 0, .counted = false, .reason = "given back"};

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
      worker_(worker_name()),
      timer_(loop, [this] { timer_fired(); }) {}

void Taker::ready() {
  ready_ = true;
  for (const auto& held : held_) {
    if (held->settle) held->settle();
  }
  if (standby_) standby_->try_now();
  waiting_ = false;
  look();
}

void Taker::stop() {
  if (!std::exchange(stopped_, true) && !taking_) leave();
  check_idle();
}

void Taker::look() {
  if (!ready_ || taking_ || stopped_ || link_.blocking()) return check_idle();
  if (full()) return withdraw();
  if (limits_.left() <= 0) return stop();
  if (waiting_) return;
  take();
}

// It takes back the registration before.
void Taker::take() {
  timer_.cancel();
  taking_ = true;
  called_ = false;
  Registration by{.token = "", .asked = boot_ms()};
  queue::Standby standby{.channel = "", .token = queue::random_hex(16), .former = ""};
  if (standby_ && !standby_->channel().empty()) {
    by.token = standby.token;
    former_ = std::exchange(mine_, by);
    standby.channel = standby_->channel();
    standby.former = former_.token;
  }
  work_.take(options_.lease_ms, worker_, standby, [this, by](Result<queue::TakeAnswer> answer) {
    taking_ = false;
    if (stopped_) leave();
    took(std::move(answer), by);
  });
}

void Taker::took(Result<queue::TakeAnswer> answer, const Registration& by) {
  const bool stands = !by.token.empty() && mine_.token == by.token;
  // Or its message was here before its answer, or the connection is lost.
  const bool look_again = called_ || (!by.token.empty() && !stands);
  if (!answer) {
    const Errc code = answer.error().code;
    // Not done: the one before still stands.
    if (stands && code != Errc::closed) mine_ = std::exchange(former_, {});
    // Whether there was an item is not known; if so its lease runs out.
    if (code == Errc::closed || code == Errc::not_found) {
      ready_ = ready_ && link_.client().ready();
      return check_idle();
    }
    if (code == Errc::busy) return wait(100);
    return events_.fatal(queue::explain(link_.place(), options_.queue, answer.error()));
  }
  if (answer->item) {
    if (stands) mine_ = {};
    return hold(*answer, by.asked);
  }
  if (limits_.no_waiting()) return stop();
  if (look_again) return look();
  wait(answer->block_ms());
}

// --- Standing by

// Over a network an item would be leased to one who is long gone.
bool Taker::may_stand_by() const {
  return link_.place().local && !refused_ && options_.lease_ms >= kStandbyPart * queue::kLookMs;
}

void Taker::wait(int64_t ms) {
  if (stopped_) return check_idle();
  if (full()) return withdraw();
  if (!may_stand_by()) {
    return link_.block(work_.wake_command(ms), ms, [this](const redis::Reply*) { look(); });
  }
  if (!standby_) start_standby();
  waiting_ = true;
  timer_.after(milliseconds(ms));
}

void Taker::start_standby() {
  const auto look_now = [this] {
    waiting_ = false;
    look();
  };
  standby_ = std::make_unique<Standby>(
      loop_, link_.place(), work_,
      Standby::Events{.up = look_now,
                      .lost = [this] { mine_ = former_ = {}; },
                      .refused =
                          [this, look_now] {
                            refused_ = true;
                            loop_.defer([gone = std::shared_ptr<Standby>(std::move(standby_))] {});
                            look_now();
                          },
                      .told = [this](const std::string& message) { told(message); }});
}

void Taker::timer_fired() {
  if (leaving_) return left();
  waiting_ = false;
  look();
}

void Taker::told(const std::string& message) {
  Result<queue::TakeAnswer> answer = queue::handed(message);
  if (!answer) base::log::warn(options_.queue, ": ", answer.error().what);
  if (answer && answer->item) return handed(*answer);
  called_ = true;
  waiting_ = false;
  look();
}

// A put and a take may cross: it may be for the one before. Of an earlier one it is not known from
// where its lease counts.
void Taker::handed(queue::TakeAnswer& answer) {
  answer.item->worker = worker_;
  for (Registration* by : {&mine_, &former_}) {
    if (by->token != answer.lease.token) continue;
    if (by == &mine_) waiting_ = false;
    return hold(answer, std::exchange(*by, {}).asked);
  }
  work_.release(answer.lease, kUntried, nullptr);
}

// Full: no more is to be told us. What is told all the same is given back.
void Taker::withdraw() {
  waiting_ = false;
  timer_.cancel();
  if (mine_.token.empty() || std::exchange(mine_.withdrawn, true)) return;
  const std::vector<std::string> words =
      work_.withdraw_command(options_.lease_ms, worker_, {standby_->channel(), mine_.token, ""});
  link_.client().command({words.begin(), words.end()}, nullptr);
}

// What was told before the withdrawal is on its way, and comes before the answer to drain().
void Taker::leave() {
  const bool registered = !mine_.token.empty() || !former_.token.empty();
  withdraw();
  if (!standby_ || !registered) return;
  leaving_ = true;
  timer_.after(kLastMessage);
  link_.client().command({"PING"}, [this](const Result<redis::Reply>&) {
    if (!standby_) return left();
    standby_->drain([this] { left(); });
  });
}

void Taker::left() {
  leaving_ = false;
  timer_.cancel();
  check_idle();
}

// --- What is held

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
  // Who was stopped, or suspended, may read of it when it is another's.
  if (!held.keeper->sure()) {
    base::log::warn(options_.queue, ": ", held.item.id,
                    ": it came when its lease may have run out");
    return drop(held);
  }
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
    work_.release(held.keeper->lease(), kUntried, std::move(answer));
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
  if (stopped_ && held_.empty() && !taking_ && !leaving_) events_.idle();
}

}  // namespace qwait
