#include "tools/qwait/work.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "tools/qwait/format.h"

namespace qwait {

using base::Errc;
using base::Result;

namespace {

constexpr auto kGrace = std::chrono::seconds(5);  // between TERM and KILL

std::vector<std::string> variables(const Options& options, const queue::Item& item) {
  return {base::cat("LINEMAN_ITEM=", item.id), base::cat("LINEMAN_WORK=", options.queue),
          base::cat("LINEMAN_TRY=", item.tries), base::cat("LINEMAN_KEY=", item.unique),
          base::cat("LINEMAN_PRIORITY=", item.priority)};
}

// As results say it: "exit 3", "signal 9".
std::string end_text(int status) {
  return WIFEXITED(status) ? base::cat("exit ", WEXITSTATUS(status))
                           : base::cat("signal ", WTERMSIG(status));
}

}  // namespace

Worker::Worker(net::Loop& loop, const Options& options, queue::Place place)
    : loop_(loop),
      options_(options),
      limits_(loop, options, [this](int signals) { stop(signals); }),
      link_(loop, std::move(place),
            {.ready = [this] { taker_.ready(); },
             .fatal = [this](const base::Error& e) { fatal(e); }}),
      taker_(loop, link_, options, limits_,
             {.taken = [this](Taker::Held& held) { taken(held); },
              .idle = [this] { idle(); },
              .fatal = [this](const base::Error& e) { fatal(e); }}),
      output_(loop, [this] { unread(); }),
      reaper_(options.execute() ? std::make_unique<Reaper>() : nullptr) {}

int Worker::run() {
  loop_.run();
  return failed_ != 0 ? failed_ : closed_ ? base::kExitOk : limits_.status();
}

void Worker::taken(Taker::Held& held) {
  if (options_.execute()) return execute(held);
  print(held);
}

// --- Printed

void Worker::print(Taker::Held& held) {
  const queue::Lease* lease = options_.hold ? &held.keeper->lease() : nullptr;
  held.on_over = [] {};  // printed() finds out
  printing_ = &held;
  output_.write(format(options_, held.item, lease),
                [this, &held](const Result<void>& written) { printed(held, written); });
}

void Worker::printed(Taker::Held& held, const Result<void>& written) {
  held.on_over = nullptr;
  printing_ = nullptr;
  if (!written) {
    if (written.error().sys != EPIPE) {
      base::log::error(written.error().what);
      failed_ = base::kExitSystem;
    }
    closed_ = true;
    taker_.give_back(held);
    return taker_.stop();
  }
  if (!options_.hold) return taker_.done(held);
  kept_.push_back(&held);
  held.on_over = [this, &held] {
    kept_.remove(&held);
    taker_.leave(held);
  };
  held.keeper->watch_closely();
  const bool full = static_cast<int64_t>(kept_.size()) >= options_.at_once;
  if (limits_.left() <= 0 || (limits_.no_waiting() && full)) stop(0);
}

// Their leases run on without us.
void Worker::leave_kept() {
  const std::list<Taker::Held*> kept = std::exchange(kept_, {});
  for (Taker::Held* held : kept) taker_.leave(*held);
}

// --- Run

void Worker::execute(Taker::Held& held) {
  Running& running = running_.emplace_back();
  running.held = &held;
  limits_.set_busy(true);
  held.on_ending = [this, &running] { end_job(running, kGrace); };
  held.on_over = [this, &running, &held] {
    running.held = nullptr;
    base::log::error(options_.queue, ": ", held.item.id,
                     ": its lease may be lost: the command is ended, nothing is acknowledged");
    running.job->kill();
    taker_.leave(held);
  };
  const std::vector<std::string> environment = variables(options_, held.item);
  const Task task{&options_.command, held.item.payload, environment, held.item.result_ms > 0};
  auto job = Job::start(loop_, *reaper_, task,
                        [this, &running](Job::Ended end) { ended(running, std::move(end)); });
  if (job) {
    running.job = std::move(*job);
    return;
  }
  running_.pop_back();
  cannot_run(held, job.error());
}

// A payload that cannot be an argument is its own fault; a command that is not there is nobody's
// but ours, and the item must not suffer.
void Worker::cannot_run(Taker::Held& held, const base::Error& error) {
  if (error.code == Errc::bad_input) return taker_.bury(held, error.what);
  base::log::error(error.what);
  failed_ = base::kExitSystem;
  taker_.give_back(held);
  taker_.stop();
}

void Worker::ended(Running& running, Job::Ended end) {
  if (running.held != nullptr) judge(*running.held, running, end);
  // We are in its callback.
  const auto at = std::find_if(running_.begin(), running_.end(),
                               [&](const Running& r) { return &r == &running; });
  loop_.defer([job = std::shared_ptr<Job>(std::move(running.job))] {});
  running_.erase(at);
  limits_.set_busy(!running_.empty());
  taker_.look();
}

// Who waits for a result gets this one, whatever it is, unless it asked for more tries.
void Worker::judge(Taker::Held& held, const Running& running, Job::Ended& end) {
  const bool well = WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0;
  const bool answer = held.item.result_ms > 0 && held.item.tries >= held.item.limit;
  if (!well && running.stopping) return taker_.give_back(held);
  if (well || answer) {
    return taker_.done(held, {.end = end_text(end.status), .parts = std::move(end.parts)});
  }
  taker_.failed(held, end_text(end.status));
}

void Worker::end_job(Running& running, base::Duration grace) {
  running.stopping = true;
  running.job->ask_to_end();
  if (running.kill) return;
  running.kill = std::make_unique<net::Timer>(loop_, [&running] { running.job->kill(); });
  running.kill->after(grace);
}

// --- Ends

// Once: between items. Twice: the commands are asked to end, their items go back. Then: now.
void Worker::stop(int signals) {
  taker_.stop();
  leave_kept();
  if (Taker::Held* held = std::exchange(printing_, nullptr)) {
    output_.cancel();
    taker_.give_back(*held);
  }
  for (Running& running : running_) {
    if (signals == 2) end_job(running, kGrace);
    if (signals > 2) running.job->kill();
  }
  if (signals >= 2 && running_.empty()) idle();
}

// Nobody reads any more.
void Worker::unread() {
  closed_ = true;
  stop(0);
}

void Worker::fatal(const base::Error& error) {
  base::log::error(error.what);
  failed_ = error.code == Errc::usage ? base::kExitUsage : base::kExitSystem;
  loop_.stop();
}

void Worker::idle() {
  loop_.stop();
}

}  // namespace qwait
