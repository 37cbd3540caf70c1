#include "tools/ptybufferd/logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/fd.h"
#include "tools/ptybufferd/stamp.h"

namespace ptybufferd {

using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {
constexpr size_t kLogRing = 64 * 1024;
constexpr auto kFlush = milliseconds(20);
constexpr auto kLook = seconds(10);
constexpr auto kLastWait = seconds(2);

// Whether the file can be had at all, said at the start and not in the middle of the night. A fifo
// without a reader (ENXIO) may get one.
Result<void> try_open(const std::string& path, unsigned mode) {
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;
  Result<base::Fd> fd = base::open_file(path, flags | O_EXCL, mode);
  if (fd) {
    ::fchmod(fd->get(), mode);  // whatever the caller's umask
  } else if (fd.error().sys == EEXIST) {
    fd = base::open_file(path, flags, mode);
  }
  if (!fd && fd.error().sys != ENXIO) return fd.error();
  return {};
}
}  // namespace

Logs::Logs(net::Loop& loop, const Options& options, const base::Ring& output)
    : loop_(loop),
      options_(options),
      ring_(output),
      lines_(kLogRing),
      flush_(loop, [this] { writer_.flush(); }),
      look_(loop, [this] { look(); }) {
  if (!options.output.empty()) {
    output_ = std::make_unique<journal::Append>(writer_, ring_, file(options.output));
  }
  if (!options.log.empty() && options.log != "-") {
    activity_ = std::make_unique<journal::Append>(writer_, lines_, file(options.log));
  }
}

Logs::~Logs() {
  base::log::set_sink(nullptr);
}

journal::Options Logs::file(const std::string& path) const {
  journal::Options o;
  if (path == "-") {
    o.fd = STDOUT_FILENO;
  } else {
    o.path = path;
  }
  o.mode = 0666U & ~options_.file_umask;
  o.rotate_bytes = options_.rotate_bytes;
  o.keep = options_.rotate_files;
  if (options_.stamp && path == options_.output) o.filter = stamp_lines();
  return o;
}

Result<void> Logs::open() {
  for (const std::string& path : {options_.output, options_.log}) {
    if (path.empty() || path == "-") continue;
    const Result<void> r = try_open(path, 0666U & ~options_.file_umask);
    if (!r && !options_.tolerate) return in("cannot open the log", r.error());
    if (!r) base::log::warn(r.error().what, " (goes on without: -g)");
  }
  if (Result<void> r = writer_.start(); !r) return r;
  base::log::set_sink(
      [this](base::log::Level level, std::string_view text) { write_line(level, text); });
  if (output_ != nullptr) look_.after(kLook);
  return {};
}

void Logs::committed() {
  if (output_ != nullptr && output_->dirty()) arm();
}

void Logs::arm() {
  if (!flush_.pending()) flush_.after(kFlush);
}

uint64_t Logs::floor() {
  return output_ == nullptr ? ring_.head() : output_->floor();
}

void Logs::reopen() {
  if (output_ != nullptr) output_->reopen();
  if (activity_ != nullptr) activity_->reopen();
  writer_.flush();
}

// "YYYY-MM-DD HH:MM:SS PID: message", GMT, as ptybuffer's log.
void Logs::write_line(base::log::Level level, std::string_view text) {
  if (activity_ == nullptr) {
    say_on_stderr(text);
    return;
  }
  if (level <= base::log::Level::error) say_on_stderr(text);
  const std::string line =
      base::cat(base::stamp_gmt(base::wall_us()), " ", ::getpid(), ": ", text, "\n");
  const uint64_t head = lines_.head();
  // The thread may be reading the oldest bytes; then a line is lost, and the file says so.
  if (head - activity_->cursor() + line.size() > lines_.size() &&
      !activity_->overtake(head - lines_.size() / 2)) {
    return;
  }
  lines_.append(line);
  if (activity_->dirty()) arm();
}

void Logs::say_on_stderr(std::string_view text) const {
  if (options_.quiet && options_.log.empty()) return;
  static_cast<void>(static_cast<bool>(
      base::write_all(STDERR_FILENO, base::cat(base::log::program(), ": ", text, "\n"))));
}

// A disk that loses bytes is told of when it begins, and then once in an interval.
void Logs::look() {
  look_.after(kLook);
  const journal::Status s = output_->status(loop_.now());
  if (s.error != 0 && s.error != error_said_) {
    base::log::error(options_.output, ": ", base::sys_text(s.error), ": output is being lost");
  }
  if (s.lost > lost_said_) {
    base::log::warn(options_.output, ": ", s.lost - lost_said_, " bytes lost",
                    s.stuck ? ", the disk hangs" : "");
  }
  error_said_ = s.error;
  lost_said_ = s.lost;
}

bool Logs::stop(base::Time deadline) {
  base::log::set_sink(nullptr);
  return writer_.stop(deadline);
}

int finish(Logs& logs, int code) {
  if (!logs.stop(base::Clock::now() + kLastWait))
    base::log::error("the disk hangs: output is lost");
  return code;
}

}  // namespace ptybufferd
