#include "tools/ptyattach/session.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/pty/raw_mode.h"

namespace ptyattach {

namespace {
constexpr size_t kReadAtOnce = 16 * 1024;
// What programs on the other side may have switched on: attributes, hidden cursor, mouse,
// bracketed paste, cursor keys.
constexpr std::string_view kPlainTerminal =
    "\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>";
constexpr std::string_view kAlternateOn = "\x1b[?1049h";
constexpr std::string_view kAlternateOff = "\x1b[?1049l";

bool never_blocks(int fd) {
  struct stat st {};
  return ::fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

bool is_null_device(int fd) {
  struct stat st {};
  struct stat null {};
  return ::fstat(fd, &st) == 0 && ::stat("/dev/null", &null) == 0 && S_ISCHR(st.st_mode) &&
         st.st_rdev == null.st_rdev;
}
}  // namespace

Session::Session(net::Loop& loop, const Options& options, const Found& job)
    : loop_(loop),
      options_(options),
      job_(job),
      interactive_(::isatty(STDIN_FILENO) != 0 && !options.batch && !options.ignore_stdin),
      stdin_is_file_(never_blocks(STDIN_FILENO) || is_null_device(STDIN_FILENO)),
      keys_(options.detach),
      linger_(loop, [this] { end(Why::stdin_over); }) {}

int Session::run() {
  std::optional<pty::Size> size;
  if (interactive_) size = pty::size_of(STDIN_FILENO);
  base::Result<Attached> attached = attach(job_, options_, interactive_, options_.readonly, size);
  if (!attached) base::die(attached.error());
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH},
                             [this](int number) { signalled(number); });
  if (interactive_) {
    static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, greeting())));
    if (auto raw = pty::RawMode::enter(STDIN_FILENO); !raw) base::die(raw.error());
  }
  begin(std::move(*attached));
  if (why_ == Why::none) loop_.run();
  return leave();
}

std::string Session::greeting() const {
  return base::cat("[", job_.name, options_.readonly ? ", read-only" : "", ": ",
                   key_name(options_.detach), " detaches]\n");
}

void Session::begin(Attached attached) {
  attached_ = std::move(attached);
  stream_ = std::make_unique<net::Stream>(
      loop_, std::move(attached_.stream),
      net::Stream::Events{.data = [this](std::string_view b) { show(b); },
                          .end = [this](const std::optional<base::Error>& e) { ended(e); },
                          .low_water = [this] { watch_stdin(!stdin_over_); }});
  if (!attached_.first.empty()) show(attached_.first);
  if (options_.text && !options_.readonly) {
    stream_->send(*options_.text + (options_.no_newline ? "" : "\n"));
    if (options_.close_after) stream_->finish();
  }
  stdin_over_ = options_.ignore_stdin || options_.close_after;
  if (stdin_over_) return;
  if (!stdin_is_file_) {
    stdin_ = std::make_unique<net::Watch>(loop_, STDIN_FILENO, [this](unsigned) { read_stdin(); });
  }
  watch_stdin(true);
}

void Session::show(std::string_view bytes) {
  if (linger_.pending()) linger_.after(options_.linger);
  if (options_.quiet == 1) return;
  if (interactive_) {
    const size_t on = bytes.rfind(kAlternateOn);
    const size_t off = bytes.rfind(kAlternateOff);
    const auto npos = std::string_view::npos;
    if (on != npos || off != npos) alternate_ = on != npos && (off == npos || on > off);
  }
  if (!base::write_all(STDOUT_FILENO, bytes)) end(Why::satisfied);  // | head
  if (options_.quiet > 1) end(Why::satisfied);
}

// A file is read as the daemon takes it; everything else when there is something.
void Session::watch_stdin(bool on) {
  if (stdin_) {
    stdin_->want(on && !stream_->full() ? net::Watch::kRead : net::Watch::kNothing);
  } else if (stdin_is_file_ && on && !stream_->full()) {
    loop_.defer([this] { read_stdin(); });
  }
}

void Session::read_stdin() {
  if (stdin_over_ || why_ != Why::none) return;
  std::array<char, kReadAtOnce> buf;  // NOLINT: filled by read
  const ssize_t n = ::read(STDIN_FILENO, buf.data(), buf.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    stdin_ended();
    return;
  }
  typed({buf.data(), static_cast<size_t>(n)});
  watch_stdin(why_ == Why::none);
}

void Session::typed(std::string_view keys) {
  if (!interactive_) {
    stream_->send(keys);
    return;
  }
  std::string out;
  const bool detach = keys_.filter(keys, out);
  if (!options_.readonly) stream_->send(out);
  if (detach) end(Why::detached);
}

// The sending side is closed, what still comes is shown; a job lives on, so silence is the end.
void Session::stdin_ended() {
  stdin_over_ = true;
  watch_stdin(false);
  if (interactive_) {
    end(Why::stdin_over);
    return;
  }
  stream_->finish();
  linger_.after(options_.linger);
}

void Session::ended(const std::optional<base::Error>& error) {
  if (error) broken_ = error->what;
  end(error ? Why::broken : Why::over);
}

void Session::end(Why why) {
  if (why_ != Why::none) return;
  why_ = why;
  loop_.stop();
}

void Session::signalled(int number) {
  if (number == SIGWINCH) {
    resized();
    return;
  }
  signal_ = number;
  end(Why::detached);
}

void Session::resized() {
  if (interactive_ && !options_.readonly) send_size(attached_, pty::size_of(STDIN_FILENO));
}

int Session::leave() {
  if (interactive_) {
    std::string text(kPlainTerminal);
    if (alternate_) text += kAlternateOff;
    static_cast<void>(static_cast<bool>(base::write_all(STDOUT_FILENO, text)));
    pty::RawMode::leave();
    const std::string_view what = why_ == Why::detached ? "detached" : "has ended";
    static_cast<void>(static_cast<bool>(
        base::write_all(STDERR_FILENO, base::cat("\r\n[", job_.name, ": ", what, "]\n"))));
  }
  if (why_ == Why::broken) {
    base::log::error(job_.name, ": ", broken_);
    return base::kExitSystem;
  }
  return signal_ == 0 ? base::kExitOk : 128 + signal_;
}

}  // namespace ptyattach
