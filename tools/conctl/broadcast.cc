#include "tools/conctl/broadcast.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/pty/raw_mode.h"
#include "tools/conctl/aside.h"
#include "tools/conctl/attach.h"
#include "tools/conctl/say.h"
#include "tools/conctl/session.h"

namespace conctl {

namespace {
constexpr size_t kReadAtOnce = 16 * 1024;
constexpr auto kPatience = std::chrono::seconds(5);
constexpr auto kLinger = std::chrono::milliseconds(500);
// A slow line takes its input in large pieces, a minute's worth at 9600 bits a second.
constexpr auto kBetweenLooks = std::chrono::milliseconds(500);
constexpr int kMostLooks = 120;
}  // namespace

Broadcast::Broadcast(net::Loop& loop, const Options& options, Server& server, std::string control,
                     bool readonly, Keys keys)
    : loop_(loop),
      options_(options),
      server_(server),
      control_(std::move(control)),
      readonly_(readonly),
      interactive_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0),
      keys_(std::move(keys)),
      output_(
          loop, [this] { pause(false); }, [this] { loop_.stop(); }),
      look_(loop, [this] { look(); }),
      linger_(loop, [this] { take_leave(); }) {}

int Broadcast::run(const std::vector<std::string>& consoles) {
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT},
                             [this](int number) { signalled(number); });
  for (const std::string& c : consoles) width_ = std::max(width_, c.size());
  for (const std::string& c : consoles) join(c);
  if (left_ == 0) return status_;
  if (interactive_) {
    if (auto raw = pty::RawMode::enter(STDIN_FILENO); !raw) base::die(raw.error());
    output_.write(base::cat("Enter the key to broadcast the buffer. [Enter '", keys_.name(),
                            ".' to exit]\r\n"));
  }
  // Before anything may want to read it.
  if (!base::always_ready(STDIN_FILENO)) {
    stdin_ = std::make_unique<net::Watch>(loop_, STDIN_FILENO, [this](unsigned) { read_stdin(); });
  }
  for (One& one : all_) one.line->start();
  watch_stdin();
  loop_.run();
  output_.finish("");
  pty::RawMode::leave();
  return status_;
}

void Broadcast::signalled(int number) {
  if (number == SIGTSTP) {
    pty::RawMode::leave();
    ::raise(SIGSTOP);
  } else if (number == SIGCONT) {
    if (interactive_) static_cast<void>(static_cast<bool>(pty::RawMode::enter(STDIN_FILENO)));
  } else {
    status_ = 128 + number;
    loop_.stop();
  }
}

void Broadcast::join(const std::string& console) {
  const Wanted wanted{control_, console, readonly_, {}, {}, true};
  const base::Time now = base::Clock::now();
  base::Result<Attached> attached =
      control_.empty() ? attach_port(options_, console, now + options_.dial_patience)
                       : attach(wanted, now + kPatience);
  if (!attached) {
    complain(options_,
             in(base::cat("Could not connect to ", console, ", error"), attached.error()));
    status_ = base::kExitNo;
    return;
  }
  if (interactive_) out_line(base::cat(console, ": Console session has been established"));
  One& one = all_.emplace_back(
      One{console, pty::NamedLines(console, width_, interactive_ ? "\r\n" : "\n"), nullptr});
  one.line = std::make_unique<Line>(
      loop_, std::move(*attached),
      Line::Events{.data = [this, &one](std::string_view b, bool) { show(one, b); },
                   .end = [this, &one](const auto&) { ended(one); },
                   .low_water = [this, &one] { took(one); }});
  left_++;
}

void Broadcast::show(One& one, std::string_view bytes) {
  print(one.lines.take(bytes));
  if (output_.waiting()) pause(true);
  if (linger_.pending()) linger_.after(kLinger);
}

void Broadcast::print(const std::string& lines) {
  if (!lines.empty()) output_.write(lines);
}

void Broadcast::ended(One& one) {
  if (one.over) return;
  one.over = true;
  print(one.lines.rest());
  print(one.lines.line("[Disconnected]"));
  status_ = base::kExitNo;
  if (--left_ == 0) loop_.stop();
  watch_stdin();  // it may have waited for this one
}

void Broadcast::pause(bool on) {
  for (One& one : all_) {
    if (!one.over) one.line->pause(on);
  }
}

// A console that takes nothing does not keep the others waiting for ever: its part is dropped, and
// said.
void Broadcast::send(std::string_view keys) {
  for (One& one : all_) {
    if (one.over || readonly_ || keys.empty()) continue;
    if (one.line->full() && is_stuck(one)) {
      dropped(one, keys.size());
    } else {
      one.line->send(keys);
    }
  }
}

void Broadcast::dropped(One& one, size_t bytes) {
  print(one.lines.line(base::cat("[", bytes, " bytes of input dropped: it takes none]")));
  status_ = base::kExitNo;
}

bool Broadcast::is_stuck(const One& one) {
  return one.idle_looks >= kMostLooks;
}

void Broadcast::took(One& one) {
  one.idle_looks = 0;
  watch_stdin();
}

// Who took nothing since the last look? Only while something waits for the answer.
void Broadcast::look() {
  for (One& one : all_) {
    if (one.over || is_stuck(one)) continue;
    const size_t untaken = one.line->untaken();
    one.idle_looks = untaken > 0 && untaken >= one.untaken ? one.idle_looks + 1 : 0;
    one.untaken = untaken;
  }
  watch_stdin();
}

// stdin waits for the slowest that still takes something. A file is read piece by piece, from turn
// to turn.
void Broadcast::watch_stdin() {
  const bool held = std::any_of(all_.begin(), all_.end(), [](const One& one) {
    return !one.over && one.line->full() && !is_stuck(one);
  });
  if ((held || stdin_over_) && !look_.pending()) look_.after(kBetweenLooks);
  const bool read = !held && !stdin_over_;
  if (stdin_) {
    stdin_->want(read ? net::Watch::kRead : net::Watch::kNothing);
  } else if (read && !std::exchange(reading_, true)) {
    loop_.defer([this] {
      reading_ = false;
      read_stdin();
    });
  }
}

// After the end of stdin and of what was said: what is still under way arrives first.
void Broadcast::take_leave() {
  bool waits = false;
  for (One& one : all_) waits = waits || (!one.over && one.line->untaken() > 0 && !is_stuck(one));
  if (waits) return linger_.after(kLinger);
  for (One& one : all_) {
    const size_t untaken = one.over ? 0 : one.line->untaken();
    if (untaken > 0) dropped(one, untaken);
  }
  loop_.stop();
}

void Broadcast::read_stdin() {
  std::array<char, kReadAtOnce> buf;  // NOLINT: filled by read
  const ssize_t n = ::read(STDIN_FILENO, buf.data(), buf.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    stdin_over_ = true;
    linger_.after(kLinger);
    return watch_stdin();
  }
  std::string_view bytes(buf.data(), static_cast<size_t>(n));
  if (!interactive_) {
    send(bytes);
    return watch_stdin();
  }
  while (!bytes.empty()) {
    const Typed t = keys_.take(bytes);
    send(t.keys);
    obey(t);
    if (t.ask == Ask::leave) return;  // what is behind it is not the consoles'
  }
  watch_stdin();
}

void Broadcast::obey(const Typed& typed) {
  switch (typed.ask) {
    case Ask::none:
      return;
    case Ask::leave:
      return leave();
    case Ask::help:
      return output_.write(on_raw(keys_.help_text(true)));
    case Ask::send_break:
      return send_break(typed.number);
    case Ask::new_keys:
      return output_.write(on_raw(base::cat("[these keys follow ", keys_.name(), " now]")));
    case Ask::not_ours:
      return output_.write(on_raw(base::cat("[", typed.why, "]")));
    default:
      return output_.write(on_raw("[only on one console]"));
  }
}

// On the console port the keys are the server's.
void Broadcast::send_break(int number) {
  output_.write(base::cat("\r\nBreak sequence ^Ecl", number, " pressed\r\n"));
  if (control_.empty() && number > 0) return send(base::cat("\x05", "cl", number));
  for (const One& one : all_) {
    if (one.over) continue;
    const auto done = Aside(server_, control_, one.name).send_break(number);
    if (!done) print(one.lines.line(base::cat("[", done.error().what, "]")));
  }
}

void Broadcast::leave() {
  for (One& one : all_) {
    if (!one.over) output_.write(base::cat(one.name, ": [Disconnected]\r\n"));
  }
  loop_.stop();
}

}  // namespace conctl
