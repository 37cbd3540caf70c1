#include "tools/qwait/limits.h"

#include <csignal>
#include <limits>

#include "lib/base/args.h"
#include "lib/base/log.h"

namespace qwait {

using std::chrono::milliseconds;

Limits::Limits(net::Loop& loop, const Options& options, std::function<void(int)> stop)
    : options_(options),
      stop_(std::move(stop)),
      timeout_(loop,
               [this] {
                 over_ = base::kExitTimeout;
                 stop_(0);
               }),
      silence_(loop, [this] { silent(); }),
      signals_(loop, {SIGTERM, SIGINT, SIGHUP}, [this](int number) {
        signal_ = number;
        stop_(++signals_seen_);
      }) {
  if (options.timeout_ms.value_or(0) > 0) timeout_.after(milliseconds(*options.timeout_ms));
  if (options.silent_ms) silence_.after(milliseconds(*options.silent_ms));
}

void Limits::got() {
  count_++;
  if (options_.silent_ms) silence_.after(milliseconds(*options_.silent_ms));
}

// A command that takes its time is no silence of the queue.
void Limits::silent() {
  if (busy_) return silence_.after(milliseconds(*options_.silent_ms));
  base::log::error(options_.queue, ": silent for ", *options_.silent_ms, " ms");
  over_ = kSilent;
  stop_(0);
}

int64_t Limits::left() const {
  return options_.count == 0 ? std::numeric_limits<int64_t>::max() : options_.count - count_;
}

int Limits::status() const {
  const bool counted = options_.count > 0 && left() <= 0;
  const int well = missed_ ? int{kMissed} : int{base::kExitOk};
  if (counted) return well;
  if (over_ != 0) return over_;
  // Without a count there is nothing that was still to come.
  if (signal_ != 0) return options_.count > 0 ? 128 + signal_ : well;
  if (no_waiting()) return count_ == 0 && !missed_ ? base::kExitNo : well;
  return well;
}

}  // namespace qwait
