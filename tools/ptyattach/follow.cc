#include "tools/ptyattach/follow.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "lib/base/args.h"
#include "lib/base/log.h"
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
  if (options_.place) {
    give_up(options_, base::error(base::Errc::usage, "--from: a place is that of one job"));
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
  const std::string name = base::log::printable(job.name);
  One& one =
      all_.emplace_back(One{job, name, attached->joined.viewer, pty::NamedLines(name, width_, "\n"),
                            net::Unframer(attached->joined.framed), nullptr, false});
  one.stream = std::make_unique<net::Stream>(
      loop_, std::move(attached->stream),
      net::Stream::Events{.data = [this, &one](std::string_view b) { show(one, b); },
                          .end = [this, &one](const auto&) { ended(one); },
                          .low_water = nullptr});
  left_++;
  show(one, attached->joined.first);
}

void Follow::show(One& one, std::string_view bytes) {
  while (const auto piece = one.frames.next(bytes)) print(one.lines.take(piece->bytes));
  if (output_.waiting()) pause(true);
}

void Follow::print(const std::string& lines) {
  if (options_.quiet == 0 && !lines.empty()) output_.write(lines);
}

void Follow::ended(One& one) {
  if (one.over) return;
  one.over = true;
  print(one.lines.rest());
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
