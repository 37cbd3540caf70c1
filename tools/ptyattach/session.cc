#include "tools/ptyattach/session.h"

#include <sys/socket.h>
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
constexpr auto kLookAgain = std::chrono::milliseconds(20);

void send_now(int fd, std::string_view bytes) {
  static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
}

void tell(std::string_view text) {
  static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, text)));
}
}  // namespace

// A terminal whose job's output goes elsewhere (ptyattach web | less) keeps its keys.
Session::Session(net::Loop& loop, const Options& options, const Found& job)
    : loop_(loop),
      options_(options),
      job_(job),
      interactive_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 && !options.batch &&
                   !options.ignore_stdin && !options.close_after && options.quiet <= 1),
      reads_stdin_(interactive_ || ((options.batch || ::isatty(STDIN_FILENO) == 0) &&
                                    !options.ignore_stdin && !options.readonly)),
      keys_(options.detach),
      output_(
          loop,
          [this] {
            if (why_ == Why::none) stream_->pause(false);
            if (why_ != Why::none) loop_.stop();
          },
          [this] { end(Why::unread); }),
      linger_(loop, [this] { linger(); }) {}

int Session::run() {
  std::optional<pty::Size> size;
  if (interactive_) size = pty::size_of(STDIN_FILENO);
  base::Result<Attached> attached = attach(job_, options_, interactive_, options_.readonly, size);
  if (!attached) give_up(options_, attached.error());
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT},
                             [this](int number) { signalled(number); });
  if (interactive_) {
    tell(greeting());
    if (auto raw = pty::RawMode::enter(STDIN_FILENO); !raw) give_up(options_, raw.error());
  }
  begin(std::move(*attached));
  loop_.run();
  return leave();
}

std::string Session::greeting() const {
  return base::cat("[", base::log::printable(job_.name), options_.readonly ? ", read-only" : "",
                   ": ", key_name(options_.detach), " detaches]\n");
}

void Session::begin(Attached attached) {
  attached_ = std::move(attached);
  frames_ = net::Unframer(attached_.joined.framed, attached_.joined.again);
  at_ = attached_.joined.at;
  stream_ = std::make_unique<net::Stream>(
      loop_, std::move(attached_.stream),
      net::Stream::Events{.data = [this](std::string_view b) { take(b); },
                          .end = [this](const std::optional<base::Error>& e) { ended(e); },
                          .low_water = [this] { watch_stdin(!stdin_over_); }});
  if (options_.text && !options_.readonly) {
    stream_->send(*options_.text + (options_.no_newline ? "" : "\n"));
  }
  take(attached_.joined.first);
  if (options_.quiet > 1 && placed() && history_shown()) finish();
  if (options_.close_after) {
    finish();
  } else if (reads_stdin_ && !stdin_over_) {
    if (!base::always_ready(STDIN_FILENO)) {
      stdin_ =
          std::make_unique<net::Watch>(loop_, STDIN_FILENO, [this](unsigned) { read_stdin(); });
    }
    watch_stdin(true);
  }
}

void Session::take(std::string_view bytes) {
  while (const auto piece = frames_.next(bytes)) show(*piece);
}

// On a plain socket nobody knows where it ends: with what came first.
bool Session::history_shown() const {
  return !placed() || at_.offset >= attached_.joined.head;
}

void Session::show(const net::Unframer::Piece& piece) {
  if (why_ != Why::none) return;
  std::string_view bytes = piece.bytes;
  uint64_t passed = piece.passed;
  if (options_.quiet > 1 && placed()) {
    passed = std::min(passed, attached_.joined.head - std::min(at_.offset, attached_.joined.head));
    if (!piece.note) bytes.remove_suffix(std::min(bytes.size(), piece.passed - passed));
  }
  at_.offset += passed;
  if (options_.quiet == 1) return;
  if (options_.quiet > 1 && history_shown()) {
    finish();
  } else if (linger_.pending()) {
    linger_.after(options_.linger);
  }
  screen_.show(bytes);
  if (piece.note && interactive_) {
    output_.write(pty::for_raw(bytes));
  } else {
    output_.write(bytes);
  }
  if (output_.waiting()) stream_->pause(true);
}

// A file is read as the daemon takes it; everything else when there is something.
void Session::watch_stdin(bool on) {
  const bool read = on && !stdin_over_ && !stream_->full();
  if (stdin_) {
    stdin_->want(read ? net::Watch::kRead : net::Watch::kNothing);
  } else if (reads_stdin_ && read) {
    loop_.defer([this] { read_stdin(); });
  }
}

void Session::read_stdin() {
  if (stdin_over_ || why_ != Why::none || stream_->full()) return;
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
  if (detach) {
    // At once, for the loop does not turn again: the last keys before a detach are meant, too.
    if (!options_.readonly && stream_->unsent() == 0) send_now(stream_->fd(), out);
    end(Why::detached);
  } else if (!options_.readonly) {
    stream_->send(out);
  }
}

void Session::stdin_ended() {
  if (interactive_) {
    end(Why::stdin_over);
  } else {
    finish();
  }
}

// The sending side is closed, what still comes is shown; a job lives on, so silence is the end.
// Where nothing more is to be shown, that is now: then one close says it all.
void Session::finish() {
  stdin_over_ = true;
  watch_stdin(false);
  if (options_.quiet == 0) stream_->finish();
  linger_.after(options_.quiet == 0 ? options_.linger : base::Duration::zero());
}

// What a job that is busy has not taken would be lost with the connection.
void Session::linger() {
  if (stream_->untaken() > 0 || output_.waiting()) {
    linger_.after(options_.quiet == 0 ? options_.linger + kLookAgain : kLookAgain);
  } else {
    end(Why::stdin_over);
  }
}

void Session::ended(const std::optional<base::Error>& error) {
  if (error) broken_ = error->what;
  end(error ? Why::broken : Why::over);
}

// What came before an end is still shown, unless a person or nobody waits for it.
void Session::end(Why why) {
  if (why_ == Why::none) why_ = why;
  const bool at_once = why == Why::detached || why == Why::signalled || why == Why::unread;
  if (at_once || !output_.waiting()) loop_.stop();
}

void Session::signalled(int number) {
  if (number == SIGTSTP) return suspend();
  if (number == SIGWINCH || number == SIGCONT) {
    if (number == SIGCONT && interactive_) {
      static_cast<void>(static_cast<bool>(pty::RawMode::enter(STDIN_FILENO)));
    }
    return resized();
  }
  signal_ = number;
  end(Why::signalled);
}

// Not by its keys, which go to the job.
void Session::suspend() {
  pty::RawMode::leave();
  ::raise(SIGSTOP);  // SIGCONT makes the terminal raw again
}

void Session::resized() {
  if (interactive_ && !options_.readonly) send_size(attached_, pty::size_of(STDIN_FILENO));
}

// Why it was not an end as it should be; empty where it was.
std::string Session::trouble() const {
  if (why_ == Why::broken) return broken_;
  return why_ == Why::over && placed() ? after_the_end(job_) : "";
}

// Where --from would go on; of what nobody took that is not known.
void Session::tell_place() const {
  if (!placed() || why_ == Why::unread || output_.waiting()) return;
  base::log::debug(job_.name, ": ended at ", text(at_));
}

int Session::leave() {
  const std::string wrong = trouble();
  if (interactive_) {
    const bool ours = why_ == Why::detached || why_ == Why::signalled;
    const std::string what = !wrong.empty() ? wrong : ours ? "detached" : "has ended";
    output_.finish(screen_.leave());
    pty::RawMode::leave();
    tell(base::cat("\r\n[", base::log::printable(job_.name), ": ", what, "]\n"));
  } else {
    output_.finish("");
    if (!wrong.empty()) base::log::error(job_.name, ": ", wrong);
  }
  tell_place();
  if (signal_ != 0) return 128 + signal_;
  return wrong.empty() ? base::kExitOk : failure(options_, base::kExitSystem);
}

}  // namespace ptyattach
