#include "tools/conctl/broadcast.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/pty/raw_mode.h"
#include "lib/wire/limits.h"
#include "tools/conctl/attach.h"

namespace conctl {

namespace {
constexpr size_t kReadAtOnce = 16 * 1024;
constexpr auto kPatience = std::chrono::seconds(5);
constexpr auto kLinger = std::chrono::milliseconds(500);
}  // namespace

Broadcast::Broadcast(net::Loop& loop, const Options& options, std::string control, bool readonly)
    : loop_(loop),
      options_(options),
      control_(std::move(control)),
      readonly_(readonly),
      interactive_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0),
      output_(
          loop, [this] { pause(false); }, [this] { loop_.stop(); }),
      linger_(loop, [this] { loop_.stop(); }) {}

int Broadcast::run(const std::vector<std::string>& consoles) {
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP}, [this](int number) {
    status_ = 128 + number;
    loop_.stop();
  });
  for (const std::string& c : consoles) width_ = std::max(width_, c.size());
  for (const std::string& c : consoles) join(c);
  if (left_ == 0) return base::kExitNo;
  if (interactive_) {
    if (auto raw = pty::RawMode::enter(STDIN_FILENO); !raw) base::die(raw.error());
  }
  if (!base::always_ready(STDIN_FILENO)) {
    stdin_ = std::make_unique<net::Watch>(loop_, STDIN_FILENO, [this](unsigned) { read_stdin(); });
  }
  watch_stdin(true);
  loop_.run();
  output_.finish("");
  pty::RawMode::leave();
  return status_;
}

void Broadcast::join(const std::string& console) {
  const Wanted wanted{control_, console, readonly_, {}, {}, true};
  base::Result<Attached> attached = attach(wanted, base::Clock::now() + kPatience);
  if (!attached) {
    base::log::error("Could not connect to ", console, ", error: ", attached.error().what);
    status_ = base::kExitNo;
    return;
  }
  base::log::info(console, ": Console session has been established");
  One& one = all_.emplace_back(One{console, {}, {}, false});
  one.stream = std::make_unique<net::Stream>(
      loop_, std::move(attached->stream),
      net::Stream::Events{.data = [this, &one](std::string_view b) { show(one, b); },
                          .end = [this, &one](const auto&) { ended(one); },
                          .low_water = nullptr});
  left_++;
  if (!attached->first.empty()) show(one, attached->first);
}

void Broadcast::show(One& one, std::string_view bytes) {
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
  if (linger_.pending()) linger_.after(kLinger);
}

void Broadcast::print(const One& one, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  output_.write(base::cat(one.name, std::string(width_ - one.name.size(), ' '), ": ", line,
                          interactive_ ? "\r\n" : "\n"));
}

void Broadcast::ended(One& one) {
  if (one.over) return;
  one.over = true;
  if (!one.unfinished.empty()) print(one, one.unfinished);
  print(one, "[Disconnected]");
  if (--left_ == 0) loop_.stop();
}

void Broadcast::pause(bool on) {
  for (One& one : all_) {
    if (!one.over) one.stream->pause(on);
  }
}

// A console that takes nothing keeps nobody else waiting: its part is dropped, and said.
void Broadcast::send(std::string_view keys) {
  for (One& one : all_) {
    if (one.over || readonly_ || keys.empty()) continue;
    if (one.stream->full()) {
      print(one, base::cat("[", keys.size(), " bytes of input dropped: it takes none]"));
    } else {
      one.stream->send(keys);
    }
  }
}

// A file is read piece by piece, from turn to turn.
void Broadcast::watch_stdin(bool on) {
  if (stdin_) {
    stdin_->want(on ? net::Watch::kRead : net::Watch::kNothing);
  } else if (on) {
    loop_.defer([this] { read_stdin(); });
  }
}

void Broadcast::read_stdin() {
  std::array<char, kReadAtOnce> buf;  // NOLINT: filled by read
  const ssize_t n = ::read(STDIN_FILENO, buf.data(), buf.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    watch_stdin(false);
    linger_.after(kLinger);
    return;
  }
  const std::string_view bytes(buf.data(), static_cast<size_t>(n));
  if (!interactive_) {
    send(bytes);
    return watch_stdin(true);
  }
  for (const Typed& t : keys_.take(bytes)) {
    send(t.keys);
    if (t.ask == Ask::leave) loop_.stop();
    if (t.ask == Ask::help) output_.write(Keys::help_text());
  }
}

}  // namespace conctl
