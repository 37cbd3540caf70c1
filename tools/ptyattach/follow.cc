#include "tools/ptyattach/follow.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/wire/limits.h"
#include "tools/ptyattach/attach.h"

namespace ptyattach {

Follow::Follow(net::Loop& loop, const Options& options, const std::vector<Found>& jobs)
    : loop_(loop), options_(options), jobs_(jobs) {
  for (const Found& f : jobs) width_ = std::max(width_, f.name.size());
}

int Follow::run() {
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int) { loop_.stop(); });
  for (const Found& job : jobs_) {
    base::Result<Attached> attached = attach(job, options_, false, true, {});
    if (!attached) {
      base::log::error(attached.error().what);
      continue;
    }
    One& one = all_.emplace_back();
    one.name = job.name;
    one.stream = std::make_unique<net::Stream>(
        loop_, std::move(attached->stream),
        net::Stream::Events{.data = [this, &one](std::string_view b) { show(one, b); },
                            .end = [this, &one](const auto&) { ended(one); },
                            .low_water = nullptr});
    left_++;
    if (!attached->first.empty()) show(one, attached->first);
  }
  if (left_ == 0) return base::kExitSystem;
  loop_.run();
  for (const One& one : all_) {
    if (!one.unfinished.empty()) print(one, one.unfinished);
  }
  return base::kExitOk;
}

void Follow::show(One& one, std::string_view bytes) {
  for (size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    one.unfinished += bytes.substr(0, end);
    print(one, one.unfinished);
    one.unfinished.clear();
    bytes.remove_prefix(end + 1);
  }
  one.unfinished += bytes;
  // A screen-painting program may never send a newline.
  if (one.unfinished.size() > wire::kMaxLine) {
    print(one, one.unfinished);
    one.unfinished.clear();
  }
}

// Colours pass, what moves the cursor would spoil the others' lines: CR at the end goes.
void Follow::print(const One& one, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (options_.quiet > 0) return;
  const std::string text =
      base::cat(one.name, std::string(width_ - one.name.size(), ' '), ": ", line, "\n");
  if (!base::write_all(STDOUT_FILENO, text)) loop_.stop();
}

void Follow::ended(One& one) {
  if (one.over) return;
  one.over = true;
  if (--left_ == 0) loop_.stop();
}

}  // namespace ptyattach
