#include "tools/conctl/session.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/http/target.h"
#include "lib/peer/ask.h"
#include "lib/pty/raw_mode.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::Result;
using wire::Json;

namespace {

constexpr size_t kReadAtOnce = 16 * 1024;
constexpr auto kPatience = std::chrono::seconds(5);
// After the end of stdin, for what the console still says to what was typed.
constexpr auto kLinger = std::chrono::milliseconds(500);

void tell(std::string_view text) {
  static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, text)));
}

// A text with bare LFs, between the console's own words.
std::string on_raw(std::string_view text) {
  std::string out = "\r\n";
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out + "\r\n";
}

// On its way to the daemon, which has not taken it yet.
bool untaken(const net::Stream& stream) {
  int queued = 0;
  return stream.unsent() > 0 || (::ioctl(stream.fd(), SIOCOUTQ, &queued) == 0 && queued > 0);
}

}  // namespace

Session::Session(net::Loop& loop, const Options& options, Server& server, SessionOptions session)
    : loop_(loop),
      options_(options),
      server_(server),
      session_(std::move(session)),
      interactive_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0),
      output_(
          loop,
          [this] {
            if (stream_) stream_->pause(false);
          },
          [this] { end(base::kExitSystem); }),
      again_(loop, [this] { connect(); }),
      linger_(loop, [this] {
        if (stream_ && untaken(*stream_)) return linger_.after(kLinger);
        end(base::kExitOk);
      }) {}

int Session::run() {
  const net::Signals signals(loop_, {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT},
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

void Session::connect() {
  Wanted wanted{session_.control, session_.console, session_.readonly, {}, place_, false};
  if (interactive_) wanted.size = pty::size_of(STDIN_FILENO);
  Result<Attached> attached = attach(wanted, base::Clock::now() + kPatience);
  if (attached) return begin(std::move(*attached));
  if (!connected_once_) {
    base::log::error("Could not connect to ", session_.console, ", error: ", attached.error().what);
    status_ = options_.congo || attached.error().sys == 0 ? base::kExitNo : base::kExitSystem;
    return;
  }
  again_.after(backoff_.next());
}

void Session::begin(Attached attached) {
  if (!connected_once_) {
    connected_once_ = true;
    if (interactive_) {
      tell("[Enter `^Ec?' for help]\n");
      if (auto raw = pty::RawMode::enter(STDIN_FILENO); !raw) base::die(raw.error());
    }
  } else {
    say(base::cat("connected again", attached.skipped > 0
                                         ? base::cat(", ", attached.skipped, " bytes are lost")
                                         : ""));
  }
  backoff_.reset();
  viewer_ = attached.viewer;
  place_ = attached.at;
  stream_ = std::make_unique<net::Stream>(
      loop_, std::move(attached.stream),
      net::Stream::Events{.data = [this](std::string_view b) { show(b); },
                          .end =
                              [this](const std::optional<base::Error>& e) {
                                // Within the stream's own callback.
                                loop_.defer([this, why = e ? e->what : "closed by consoled"] {
                                  lost(why);
                                });
                              },
                          .low_water = [this] { watch_stdin(); }});
  if (!attached.first.empty()) show(attached.first);
  watch_stdin();
}

void Session::show(std::string_view bytes) {
  place_->offset += bytes.size();
  screen_.show(bytes);
  output_.write(bytes);
  if (output_.waiting() && stream_) stream_->pause(true);
  if (linger_.pending()) linger_.after(kLinger);
}

// A daemon that is restarted comes back; one that has not got this console any more says so.
void Session::lost(const std::string& why) {
  stream_.reset();
  if (session_.once || stdin_over_) {
    last_words_ = why;
    return end(stdin_over_ ? base::kExitOk : base::kExitSystem);
  }
  say(base::cat("connection lost: ", why, "; trying again, ^Ec. leaves"));
  again_.after(backoff_.next());
}

void Session::watch_stdin() {
  const bool read = !stdin_over_ && (!stream_ || !stream_->full());
  if (stdin_) {
    stdin_->want(read ? net::Watch::kRead : net::Watch::kNothing);
  } else if (read) {
    loop_.defer([this] { read_stdin(); });  // a file, as fast as it is taken
  }
}

void Session::read_stdin() {
  // Without a terminal nobody could see that keys went nowhere: they wait in the pipe.
  if (stdin_over_ || (!interactive_ && !stream_) || (stream_ && stream_->full())) return;
  std::array<char, kReadAtOnce> buf;  // NOLINT: filled by read
  const ssize_t n = ::read(STDIN_FILENO, buf.data(), buf.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return stdin_ended();
  typed({buf.data(), static_cast<size_t>(n)});
  watch_stdin();
}

void Session::typed(std::string_view bytes) {
  if (!interactive_) {
    if (!session_.readonly) stream_->send(bytes);
    return;
  }
  for (const Typed& t : session_.keys.take(bytes)) {
    if (!session_.readonly && stream_) stream_->send(t.keys);
    obey(t);
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
      return output_.write(Keys::help_text());
    case Ask::replay:
      return output_.write(text_at("/command/replay/" + http::percent_encode(session_.console)));
    case Ask::who:
      return output_.write(who());
    case Ask::info:
      return output_.write(info());
    case Ask::list_breaks:
      return output_.write(text_at("/breaksequence"));
    case Ask::send_break:
      return send_break(typed.number);
    case Ask::spy:
    case Ask::write:
      session_.readonly = typed.ask == Ask::spy;
      return say(session_.readonly ? "only looking; ^Eca types again" : "typing");
    case Ask::reconnect:
      return report(ask({{"cmd", "switch"}, {"to", "retry"}}));
    case Ask::suspend:
      return suspend();
  }
}

Result<Json> Session::ask(Json request) {
  request["console"] = session_.console;
  return command(session_.control, request, base::Clock::now() + kPatience);
}

void Session::report(const Result<Json>& answer) {
  say(answer ? "done" : answer.error().what);
}

void Session::send_break(int number) {
  Json request = {{"cmd", "break"}};
  if (number > 0) request["number"] = number;
  if (number == 0) request["sequence"] = "\\z";
  const Result<Json> answer = ask(request);
  say(answer ? base::cat("Break sequence ^Ecl", number, " pressed") : answer.error().what);
}

std::string Session::who() {
  const Result<Json> answer = ask({{"cmd", "who"}});
  if (!answer) return base::cat("\r\n[", answer.error().what, "]\r\n");
  std::string out = "\r\n";
  const auto viewers = answer->find("viewers");
  if (viewers == answer->end() || !viewers->is_array()) return out;
  for (const Json& v : *viewers) {
    const std::string who = peer::text_of(v, "who", peer::text_of(v, "user", "?"));
    out += base::cat("User: ", base::log::printable(who), "\r\n");
  }
  return out;
}

std::string Session::info() {
  const Result<Json> answer = ask({{"cmd", "show"}});
  if (!answer) return base::cat("\r\n[", answer.error().what, "]\r\n");
  return on_raw(answer->dump(1, ' ', false, Json::error_handler_t::replace));
}

// What the server has to say there, for a terminal in raw mode.
std::string Session::text_at(const std::string& path) {
  const Result<std::string> text = server_.ask("GET", path);
  return on_raw(text ? *text : base::cat("[", text.error().what, "]"));
}

void Session::stdin_ended() {
  stdin_over_ = true;
  watch_stdin();
  if (interactive_) return end(base::kExitOk);
  if (stream_) stream_->finish();
  linger_.after(kLinger);
}

void Session::signalled(int number) {
  if (number == SIGWINCH || number == SIGCONT) {
    if (number == SIGCONT && interactive_) {
      static_cast<void>(static_cast<bool>(pty::RawMode::enter(STDIN_FILENO)));
    }
    return resize();
  }
  end(128 + number);
}

void Session::suspend() {
  pty::RawMode::leave();
  ::raise(SIGSTOP);  // SIGCONT makes the terminal raw again
}

void Session::resize() {
  if (!interactive_ || !stream_ || session_.readonly) return;
  const pty::Size size = pty::size_of(STDIN_FILENO);
  static_cast<void>(static_cast<bool>(
      ask({{"cmd", "resize"}, {"viewer", viewer_}, {"rows", size.rows}, {"cols", size.columns}})));
}

// Between the console's own words, on a line of its own.
void Session::say(std::string_view text) {
  if (interactive_) {
    output_.write(base::cat("\r\n[", base::log::printable(text), "]\r\n"));
  } else {
    base::log::info(session_.console, ": ", text);
  }
}

void Session::end(int status) {
  status_ = status;
  loop_.stop();
}

int Session::leave() {
  if (interactive_) {
    output_.finish(screen_.leave());
    pty::RawMode::leave();
    if (!last_words_.empty()) tell(base::cat("\r\n[", base::log::printable(last_words_), "]\n"));
  } else {
    output_.finish("");
    if (status_ == base::kExitSystem) base::log::error(session_.console, ": ", last_words_);
  }
  return status_;
}

}  // namespace conctl
