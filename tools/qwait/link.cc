#include "tools/qwait/link.h"

#include "lib/base/log.h"

namespace qwait {

namespace {
constexpr auto kLate = std::chrono::seconds(1);  // what blocks has answered by then
}

Link::Link(net::Loop& loop, queue::Place place, Events events)
    : loop_(loop),
      place_(std::move(place)),
      events_(std::move(events)),
      client_(loop, place_.connect, place_.login,
              {.ready = [this] { ready(); },
               .lost = [this](const base::Error& e) { lost(e); },
               .low_water = nullptr}),
      scripts_(client_),
      late_(loop, [this] { unblocked(nullptr); }) {}

void Link::ready() {
  if (!told_.empty()) base::log::warn(place_.text, ": connected again");
  told_.clear();
  once_ready_ = true;
  events_.ready();
}

void Link::lost(const base::Error& error) {
  if (!once_ready_) return events_.fatal(queue::explain(place_, error));
  const std::string why = queue::explain(place_, error).what;
  if (told_ != why) base::log::warn(why, ": trying again");
  told_ = why;
}

uint64_t Link::connections() const {
  return client_.connections() + (second_ ? second_->connections() : 0);
}

void Link::block(std::vector<std::string> command, int64_t ms, Unblocked done) {
  command_ = std::move(command);
  done_ = std::move(done);
  late_.after(std::chrono::milliseconds(ms) + kLate);
  if (second_) {
    // The first connection is up, so the server is: no need to wait out this one's back-off.
    second_->try_now();
    return send();
  }
  second_ = std::make_unique<redis::Client>(
      loop_, place_.connect, place_.login,
      redis::Client::Events{.ready = [this] { send(); },
                            .lost = [this](const base::Error& e) { base::log::debug(e.what); },
                            .low_water = nullptr});
}

// One that is late still blocks there, and wakes us as well as another would.
void Link::send() {
  if (!done_ || !second_->ready() || sent_) return;
  sent_ = true;
  second_->command({command_.begin(), command_.end()},
                   [this](const base::Result<redis::Reply>& answer) {
                     sent_ = false;
                     unblocked(answer ? &*answer : nullptr);
                   });
}

void Link::unblocked(const redis::Reply* answer) {
  late_.cancel();
  const auto done = std::move(done_);
  done_ = nullptr;
  if (done) done(answer);
}

}  // namespace qwait
