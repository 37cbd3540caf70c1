#include "tools/conctl/session.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/base/version.h"
#include "lib/pty/raw_mode.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::cat;
using base::Result;

namespace {

constexpr size_t kReadAtOnce = 16 * 1024;
constexpr auto kPatience = std::chrono::seconds(5);
// After the end of stdin, for what the console still says to what was typed.
constexpr auto kLinger = std::chrono::milliseconds(500);
constexpr int kPlayback = 60;

}  // namespace

std::string on_raw(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return cat("\r\n", pty::for_raw(text), "\r\n");
}

Session::Session(net::Loop& loop, const Options& options, Server& server, SessionOptions session)
    : loop_(loop),
      options_(options),
      server_(server),
      session_(std::move(session)),
      aside_(server, session_.control, session_.console),
      interactive_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0),
      output_(
          loop, [this] { pause(); }, [this] { end(base::kExitSystem); }),
      again_(loop, [this] { connect(); }),
      linger_(loop, [this] {
        if (line_ && line_->untaken() > 0) return linger_.after(kLinger);
        end(base::kExitOk);
      }) {}

int Session::run() {
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP},
                             [this](int number) { signalled(number); });
  // Before anything may want to read it.
  if (!base::always_ready(STDIN_FILENO)) {
    stdin_ = std::make_unique<net::Watch>(loop_, STDIN_FILENO, [this](unsigned) { read_stdin(); });
  }
  connect();
  if (!connected_once_) return status_;
  loop_.run();
  return leave();
}

// The first time is given the time that the user asked for; later ones hold up the keys.
Result<Attached> Session::attach_now() {
  const base::Time now = base::Clock::now();
  if (on_port()) {
    const base::Duration patience = connected_once_ ? kPatience : options_.dial_patience;
    return attach_port(options_, session_.console, now + patience);
  }
  Wanted wanted{session_.control, session_.console, session_.readonly, {}, place_, false};
  if (interactive_) wanted.size = pty::size_of(STDIN_FILENO);
  return attach(wanted, now + kPatience);
}

void Session::connect() {
  Result<Attached> attached = attach_now();
  if (attached) {
    const uint64_t gone = attached->joined.skipped;
    return begin(std::move(*attached),
                 cat("connected again", gone > 0 ? cat(", ", gone, " bytes are lost") : ""));
  }
  if (!connected_once_) return refused(attached.error());
  if (attached.error().code == base::Errc::not_found) {
    last_words_ = cat("the console is gone: ", attached.error().what);
    return end(base::kExitNo);
  }
  again_.after(backoff_.next());
}

void Session::refused(const base::Error& error) {
  const std::string before = cat("Could not connect to ", session_.console, ", error");
  if (on_port() && !options_.json) {
    out(cat("\r", before, ": ", error.what, "\n"));  // as congo does
    status_ = failure(options_, error);
  } else {
    status_ = complain(options_, base::in(before, error));
  }
}

// `words`: where it is not the first time.
void Session::begin(Attached attached, std::string_view words) {
  const bool again = std::exchange(connected_once_, true);
  if (interactive_ && !again) {
    if (auto raw = pty::RawMode::enter(STDIN_FILENO); !raw) base::die(raw.error());
  }
  came_to_look_ = session_.readonly;
  if (again && !on_port()) {
    say(words);
  } else if (interactive_) {
    output_.write(cat("[Enter `", session_.keys.name(), "?' for help]\r\n"));
  }
  backoff_.reset();
  viewer_ = attached.joined.viewer;
  line_ = std::make_unique<Line>(
      loop_, std::move(attached),
      Line::Events{
          .data = [this](std::string_view b, bool ours) { show(b, ours); },
          .end =
              [this](const std::optional<base::Error>& e) { loop_.defer([this, e] { lost(e); }); },
          .low_water = [this] { watch_stdin(); }});
  line_->start();
  watch_stdin();
}

// `words`: the daemon's own, with bare LFs.
void Session::show(std::string_view bytes, bool words) {
  screen_.show(bytes);
  if (words && interactive_) {
    output_.write(pty::for_raw(bytes));
  } else {
    output_.write(bytes);
  }
  pause();
  if (linger_.pending()) linger_.after(kLinger);
}

// What is not shown waits with the daemon: behind a slow terminal, or while a line is typed for us.
void Session::pause() {
  if (line_) line_->pause(output_.waiting() || prompt_.has_value());
}

// A daemon that is restarted comes back; one that has not got this console any more says so.
void Session::lost(const std::optional<base::Error>& error) {
  if (!line_ || !line_->over()) return;  // we have left it meanwhile
  hang_up();
  const std::string why = error ? error->what : "closed by the server";
  if (session_.once || stdin_over_) {
    last_words_ = why;
    return end(stdin_over_ ? base::kExitOk : base::kExitSystem);
  }
  if (on_port() && interactive_) {
    output_.write(cat("\rCould not receive message, error: ", error ? error->what : "EOF",
                      ".\r\n[Enter `", session_.keys.name(),
                      ".' to exit]\r\nSession is teminated unexpectedly, retrying....\r\n"));
  } else {
    say(cat("connection lost: ", why, "; trying again, ", session_.keys.name(), ". leaves"));
  }
  again_.after(backoff_.next());
}

void Session::watch_stdin() {
  const bool read = !stdin_over_ && (!line_ || !line_->full());
  if (stdin_) {
    stdin_->want(read ? net::Watch::kRead : net::Watch::kNothing);
  } else if (read) {
    loop_.defer([this] { read_stdin(); });  // a file, as fast as it is taken
  }
}

void Session::read_stdin() {
  // Without a terminal nobody could see that keys went nowhere: they wait in the pipe.
  if (stdin_over_ || (!interactive_ && !line_) || (line_ && line_->full())) return;
  std::array<char, kReadAtOnce> buf;  // NOLINT: filled by read
  const ssize_t n = ::read(STDIN_FILENO, buf.data(), buf.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return stdin_ended();
  typed({buf.data(), static_cast<size_t>(n)});
  watch_stdin();
}

void Session::typed(std::string_view bytes) {
  if (!interactive_) {
    if (!session_.readonly) line_->send(bytes);
    return;
  }
  while (!bytes.empty()) {
    if (prompt_) {
      output_.write(prompt_->take(bytes));
      if (prompt_->over()) asked();
      continue;
    }
    const Typed t = session_.keys.take(bytes);
    if (!session_.readonly && line_) line_->send(t.keys);
    const bool line = t.keys.find('\r') != std::string::npos;
    if (line && session_.readonly) say(cat("only looking: ", session_.keys.name(), "a types"));
    if (line && !line_ && !on_port()) say("not connected: what is typed goes nowhere");
    obey(t);
    if (t.ask == Ask::leave) return;  // what is behind it is not the console's
  }
}

void Session::obey(const Typed& typed) {
  switch (typed.ask) {
    case Ask::none:
      return;
    case Ask::leave:
      last_words_ = "Disconnected";
      return end(base::kExitOk);
    case Ask::help:
      return tell(session_.keys.help_text(false));
    case Ask::replay:
      return tell(aside_.replay());
    case Ask::playback:
      return tell(aside_.last_lines(kPlayback));
    case Ask::last_line:
      return tell(aside_.last_lines(1));
    case Ask::who:
      return tell(aside_.who());
    case Ask::info:
      return tell(aside_.info());
    case Ask::all:
      return tell(aside_.all());
    case Ask::list_breaks:
      output_.write("\r\nBreak sequence ^Ecl? pressed");
      return tell(aside_.breaks());
    case Ask::send_break:
      return send_break(typed.number);
    case Ask::spy:
      session_.readonly = true;
      return say(cat("only looking; ", session_.keys.name(), "a types again"));
    case Ask::write:
      return write_again();
    case Ask::reconnect:
      return say_done(aside_.reconnect(), "connecting");
    case Ask::down:
      return say_done(aside_.down(),
                      cat("the line is down: ", session_.keys.name(), "o connects it"));
    case Ask::message:
      return ask_for(typed.ask, "a word to all who look");
    case Ask::note:
      return ask_for(typed.ask, "a note into the journal");
    case Ask::move:
      return ask_for(typed.ask, "the console to move to");
    case Ask::logging:
      return say(cat("what consoles say is always logged: \"conctl log ", session_.console,
                     "\" shows it"));
    case Ask::not_ours:
      return say(typed.why);
    case Ask::version:
      return say(cat("conctl ", base::version()));
    case Ask::suspend:
      return suspend();
    case Ask::new_keys:
      return say(cat("these keys follow ", session_.keys.name(), " now"));
  }
}

// What is typed from now on, up to Enter, is for us.
void Session::ask_for(Ask what, std::string_view words) {
  if (const Result<void> may = aside_.may_tell(); !may && what != Ask::move) {
    return say(may.error().what);
  }
  output_.write(cat("\r\n[", words, ", or ^C] "));
  prompt_for_ = what;
  prompt_.emplace();
  pause();
}

void Session::asked() {
  const std::optional<std::string> line = prompt_->line();
  prompt_.reset();
  pause();
  if (!line) return;
  if (prompt_for_ == Ask::message) return say_done(aside_.message(*line), "");
  if (prompt_for_ == Ask::note) return say_done(aside_.note(*line), "noted");
  move_to(*line);
}

// Where it cannot, it stays.
void Session::move_to(const std::string& name) {
  const Result<std::vector<std::string>> names = names_of(server_, {name});
  if (!names) return say(names.error().what);
  if (names->size() != 1) return say(cat(name, ": expected one console, got ", names->size()));
  const std::string old = std::exchange(session_.console, names->front());
  const std::optional<peer::Place> place = std::exchange(place_, std::nullopt);
  Result<Attached> attached = attach_now();
  if (!attached) {
    session_.console = old;
    place_ = place;
    return say(cat(names->front(), ": ", attached.error().what));
  }
  again_.cancel();
  aside_.turn_to(session_.console);
  output_.write(screen_.leave());
  screen_ = {};
  line_.reset();
  begin(std::move(*attached), session_.console);
}

// Who came in to look only is not let type: it comes in anew, and goes on where it was.
void Session::write_again() {
  session_.readonly = false;
  say("typing");
  if (!std::exchange(came_to_look_, false) || !line_ || on_port()) return;
  hang_up();
  connect();
}

void Session::hang_up() {
  if (line_) place_ = line_->at();
  line_.reset();
}

// On the console port the keys are the server's.
void Session::send_break(int number) {
  output_.write(cat("\r\nBreak sequence ^Ecl", number, " pressed\r\n"));
  if (on_port() && number > 0) {
    if (line_) line_->send(cat("\x05", "cl", number));
    return;
  }
  if (const Result<void> done = aside_.send_break(number); !done) say(done.error().what);
}

void Session::tell(const Result<std::string>& text) {
  if (!text) return output_.write(cat("\r\nConsole command err: ", text.error().what, "\r\n"));
  output_.write(on_raw(*text));
}

void Session::stdin_ended() {
  stdin_over_ = true;
  watch_stdin();
  if (interactive_) return end(base::kExitOk);
  if (line_) line_->finish();
  linger_.after(kLinger);
}

void Session::signalled(int number) {
  if (number == SIGTSTP) return suspend();
  if (number == SIGWINCH || number == SIGCONT) {
    if (number == SIGCONT && interactive_) {
      static_cast<void>(static_cast<bool>(pty::RawMode::enter(STDIN_FILENO)));
    }
    return resize();
  }
  end(128 + number);
}

void Session::suspend() {
  if (interactive_) output_.write("\r\n");
  pty::RawMode::leave();
  ::raise(SIGSTOP);  // SIGCONT makes the terminal raw again
}

void Session::resize() {
  if (interactive_ && line_ && !session_.readonly) {
    aside_.resize(viewer_, pty::size_of(STDIN_FILENO));
  }
}

// Between the console's own words, on a line of its own.
void Session::say(std::string_view text) {
  if (interactive_) {
    output_.write(cat("\r\n[", base::log::printable(text), "]\r\n"));
  } else {
    base::log::info(session_.console, ": ", text);
  }
}

void Session::say_done(const Result<void>& done, std::string_view words) {
  if (!done) return say(done.error().what);
  if (!words.empty()) say(words);
}

void Session::end(int status) {
  status_ = status;
  loop_.stop();
}

int Session::leave() {
  if (interactive_) {
    const std::string words =
        last_words_.empty() ? "" : cat("[", base::log::printable(last_words_), "]\r\n");
    output_.finish(cat(screen_.leave(), on_port() || words.empty() ? "" : "\r\n", words));
    pty::RawMode::leave();
  } else {
    output_.finish("");
    if (status_ == base::kExitSystem || status_ == base::kExitNo)
      base::log::error(session_.console, ": ", last_words_);
  }
  return status_;
}

}  // namespace conctl
