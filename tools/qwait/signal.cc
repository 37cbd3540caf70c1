#include "tools/qwait/signal.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "tools/qwait/format.h"

namespace qwait {

using base::Errc;
using base::Result;
using std::chrono::milliseconds;

namespace {
constexpr int64_t kAtOnce = 500;       // messages of one look
constexpr int64_t kLongestBurst = 10;  // times --coalesce: who never falls silent is heard too
}  // namespace

Waiter::Waiter(net::Loop& loop, const Options& options, queue::Place place)
    : loop_(loop),
      options_(options),
      limits_(loop, options, [this](int signals) { stop(signals); }),
      link_(loop, std::move(place),
            {.ready = [this] { ready(); }, .fatal = [this](const base::Error& e) { fatal(e); }}),
      signal_(link_.scripts(), options.queue),
      output_(loop,
              [this] {
                closed_ = true;
                stop(0);
              }),
      reaper_(options.execute() ? std::make_unique<Reaper>() : nullptr),
      quiet_(loop, [this] { gather(); }),
      longest_(loop, [this] { gather(); }) {}

int Waiter::run() {
  loop_.run();
  return failed_ != 0 ? failed_ : closed_ ? base::kExitOk : limits_.status();
}

void Waiter::ready() {
  if (unstored_ && storing_ == 0) store(*unstored_);
  if (position_) return read();
  signal_.start(options_.name, [this](Result<queue::Start> start) {
    if (!start) {
      if (start.error().code == Errc::closed || start.error().code == Errc::not_found) return;
      return fatal(queue::explain(link_.place(), options_.queue, start.error()));
    }
    // Either for the first time, or Redis was emptied while nobody waited: it alone knew of us.
    if (!options_.name.empty() && !start->stored) {
      base::log::warn(options_.queue, ": no waiter ", options_.name, " is known: it begins now");
    }
    position_ = next_ = start->position;
    read();
  });
}

void Waiter::read() {
  if (reading_ || busy_ || stopped_ || !messages_.empty() || link_.blocking()) return finish();
  if (limits_.left() <= 0) return stop(0);
  reading_ = true;
  read_on_ = link_.connections();
  // Of a burst, more may come than are handed over.
  const int64_t count = options_.coalesce_ms > 0 ? kAtOnce : std::min(limits_.left(), kAtOnce);
  signal_.read(next_, static_cast<int>(count), [this](Result<queue::ReadAnswer> answer) {
    reading_ = false;
    came(std::move(answer));
  });
}

void Waiter::came(Result<queue::ReadAnswer> answer) {
  if (stopped_) return finish();
  if (!answer) {
    const Errc code = answer.error().code;
    if (code == Errc::closed || code == Errc::not_found) return;  // ready() reads again
    if (code == Errc::busy) {
      return link_.block(signal_.block_command(next_, 100), 100,
                         [this](const redis::Reply*) { read(); });
    }
    return fatal(queue::explain(link_.place(), options_.queue, answer.error()));
  }
  if (!report(*answer)) return;
  next_ = answer->next;
  more_ = answer->more;
  messages_.assign(std::make_move_iterator(answer->messages.begin()),
                   std::make_move_iterator(answer->messages.end()));
  deliver();
}

// Mostly what woke us is the next message: then there is nothing to ask.
void Waiter::woken(const redis::Reply* answer) {
  const bool idle = !reading_ && !busy_ && !stopped_ && messages_.empty();
  if (!idle || answer == nullptr || read_on_ != link_.connections()) return read();
  std::vector<queue::Message> following = queue::Signal::following(*answer, next_);
  if (following.empty()) return read();
  next_ = following.back().at;
  messages_.assign(std::make_move_iterator(following.begin()),
                   std::make_move_iterator(following.end()));
  deliver();
}

// False: some were missed, and that is the end. A named waiter goes on behind the gap next time.
bool Waiter::report(const queue::ReadAnswer& answer) {
  if (answer.missed == 0 && !answer.unknown) return true;
  base::log::error(options_.queue, ": missed ",
                   answer.unknown ? "some, count unknown: the queue was emptied or put back"
                                  : std::to_string(answer.missed));
  limits_.missed();
  if (options_.keep_going) return true;
  queue::Position behind = answer.next;
  if (!answer.messages.empty()) {
    behind.number = answer.messages.front().at.number - 1;
    behind.tag.clear();
  }
  store(behind);
  failed_ = kMissed;
  stop(0);
  return false;
}

void Waiter::deliver() {
  delivering_ = true;
  // Where a named one is, is stored before it hands over the next.
  while (!messages_.empty() && !busy_ && !unstored_ && !stopped_ && limits_.left() > 0) {
    const queue::Message message = std::move(messages_.front());
    messages_.pop_front();
    if (options_.coalesce_ms == 0) {
      hand_over(message, 1);
      continue;
    }
    burst_end_ = message.at;
    merged_++;
    if (!burst_) {
      burst_ = message;
      longest_.after(milliseconds(options_.coalesce_ms * kLongestBurst));
    }
    quiet_.after(milliseconds(options_.coalesce_ms));
  }
  delivering_ = false;
  if (messages_.empty() && !busy_) all_delivered();
  if (limits_.left() <= 0) stop(0);
}

// The burst is over.
void Waiter::gather() {
  if (!burst_ || busy_) return;
  quiet_.cancel();
  longest_.cancel();
  queue::Message message = std::move(*burst_);
  burst_.reset();
  message.at = burst_end_;
  hand_over(message, std::exchange(merged_, 0));
}

void Waiter::hand_over(const queue::Message& message, uint64_t merged) {
  busy_ = true;
  limits_.got();
  if (options_.execute()) return execute(message, merged);
  print(message, merged);
}

void Waiter::print(const queue::Message& message, uint64_t merged) {
  output_.write(format(options_, message, merged),
                [this, at = message.at](const Result<void>& written) {
                  if (!written) return close(written);
                  handed(at);
                });
}

void Waiter::execute(const queue::Message& message, uint64_t merged) {
  limits_.set_busy(true);
  const Task task{
      &options_.command,
      message.payload,
      {base::cat("LINEMAN_ITEM=", queue::text(message.at)),
       base::cat("LINEMAN_QUEUE=", options_.queue), base::cat("LINEMAN_MERGED=", merged)},
      false};
  auto job = Job::start(loop_, *reaper_, task, [this, at = message.at](const Job::Ended& end) {
    if (end.status != 0) {
      base::log::warn(options_.queue, ": ", queue::text(at), ": ", net::status_text(end.status));
    }
    loop_.defer([job = std::shared_ptr<Job>(std::move(job_))] {});
    limits_.set_busy(false);
    handed(at);
  });
  if (job) {
    job_ = std::move(*job);
    return;
  }
  limits_.set_busy(false);
  base::log::error(job.error().what);
  if (job.error().code == Errc::bad_input) return handed(message.at);
  failed_ = base::kExitSystem;
  busy_ = false;
  stop(0);
}

void Waiter::handed(const queue::Position& at) {
  busy_ = false;
  position_ = at;
  store(at);
  // What follows a write or a command that took its time waits for it.
  if (!delivering_ && !stopped_) loop_.defer([this] { deliver(); });
  finish();
}

// One at a time, the newest.
void Waiter::store(const queue::Position& at) {
  if (options_.name.empty()) return;
  unstored_ = at;
  if (storing_ > 0) return;
  storing_++;
  signal_.store(options_.name, at, [this, at](const Result<void>& stored) {
    storing_--;
    if (stored && unstored_ && queue::text(*unstored_) == queue::text(at)) unstored_.reset();
    const bool gone =
        !stored && (stored.error().code == Errc::closed || stored.error().code == Errc::not_found);
    if (!stored && !gone) {
      return fatal(queue::explain(link_.place(), options_.queue, stored.error()));
    }
    if (unstored_ && stored) store(*unstored_);
    if (!unstored_ && !stopped_) deliver();
    finish();
  });
}

void Waiter::all_delivered() {
  if (stopped_ || busy_ || reading_ || !messages_.empty()) return;
  if (more_) return read();
  if (limits_.no_waiting() && !burst_) return stop(0);
  if (link_.blocking()) return;
  link_.block(signal_.block_command(next_, queue::kLookMs), queue::kLookMs,
              [this](const redis::Reply* answer) { woken(answer); });
}

// Once: when the command has ended. Twice: it is asked to end. Then: now.
void Waiter::stop(int signals) {
  stopped_ = true;
  if (!options_.execute() && busy_) {
    output_.cancel();
    busy_ = false;
  }
  if (signals <= 1 && !closed_) gather();
  if (job_ && signals == 2) job_->ask_to_end();
  if (job_ && signals > 2) job_->kill();
  if (signals > 1 && !job_) return loop_.stop();
  finish();
}

void Waiter::close(const Result<void>& written) {
  busy_ = false;
  closed_ = true;
  if (written.error().sys != EPIPE) {
    base::log::error(written.error().what);
    failed_ = base::kExitSystem;
  }
  stop(0);
}

// What was written out is stored before we go.
void Waiter::finish() {
  if (stopped_ && !busy_ && (!unstored_ || !link_.client().ready())) loop_.stop();
}

void Waiter::fatal(const base::Error& error) {
  base::log::error(error.what);
  failed_ = error.code == Errc::usage ? base::kExitUsage : base::kExitSystem;
  loop_.stop();
}

}  // namespace qwait
