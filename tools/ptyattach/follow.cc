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
    : loop_(loop),
      options_(options),
      jobs_(jobs),
      output_(
          loop,
          [this] {
            pause(false);
            if (left_ == 0) loop_.stop();
          },
          [this] { loop_.stop(); }) {
  for (const Found& f : jobs) width_ = std::max(width_, base::log::printable(f.name).size());
}

int Follow::run() {
  if (options_.text) {
    give_up(options_, base::error(base::Errc::usage, "--print: to one job at a time"));
  }
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int number) {
    signal_ = number;
    loop_.stop();
  });
  for (const Found& job : jobs_) join(job);
  if (all_.empty()) return failure(options_, base::kExitSystem);
  loop_.run();
  return signal_ == 0 ? base::kExitOk : 128 + signal_;
}

void Follow::join(const Found& job) {
  base::Result<Attached> attached = attach(job, options_, false, true, {});
  if (!attached) {
    base::log::error(attached.error().what);
    return;
  }
  One& one =
      all_.emplace_back(One{job, base::log::printable(job.name), attached->viewer, {}, {}, {}});
  one.stream = std::make_unique<net::Stream>(
      loop_, std::move(attached->stream),
      net::Stream::Events{.data = [this, &one](std::string_view b) { show(one, b); },
                          .end = [this, &one](const auto&) { ended(one); },
                          .low_water = nullptr});
  left_++;
  if (!attached->first.empty()) show(one, attached->first);
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
  if (output_.waiting()) pause(true);
}

// Colours pass, what moves the cursor would spoil the others' lines: CR at the end goes.
void Follow::print(const One& one, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (options_.quiet > 0) return;
  output_.write(base::cat(one.name, std::string(width_ - one.name.size(), ' '), ": ", line, "\n"));
}

void Follow::ended(One& one) {
  if (one.over) return;
  one.over = true;
  if (!one.unfinished.empty()) print(one, one.unfinished);
  const std::string wrong = one.viewer == 0 ? "" : after_the_end(one.job);
  base::log::info(one.name, ": ", wrong.empty() ? "has ended" : wrong);
  if (--left_ == 0 && !output_.waiting()) loop_.stop();
}

void Follow::pause(bool on) {
  for (One& one : all_) {
    if (!one.over) one.stream->pause(on);
  }
}

}  // namespace ptyattach
