// The commands whose input or output goes on: events, batch.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/peer/ask.h"
#include "lib/pty/output.h"
#include "lib/wire/json.h"
#include "lib/wire/line.h"
#include "lib/wire/reader.h"
#include "tools/conctl/commands.h"
#include "tools/conctl/link.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::Errc;
using base::Result;
using wire::Json;

namespace {

constexpr size_t kReadAtOnce = 64 * 1024;

// The control socket, once it has taken this command; `rest`: what came behind the answer.
Result<base::Fd> dial_control(const Options& options, std::string_view command, std::string& rest) {
  const Result<std::string> control = Server(options).control_socket();
  if (!control) return control.error();
  const Result<net::Address> address = net::unix_address(*control);
  if (!address) return address.error();
  const base::Time deadline = base::Clock::now() + options.patience;
  Result<base::Fd> fd = net::dial(*address, deadline);
  if (!fd) return unreachable(fd.error());
  const Result<Json> taken = peer::ask(fd->get(), {{"cmd", command}}, deadline, &rest);
  if (!taken) return taken.error();
  base::set_nonblocking(fd->get(), true);
  return fd;
}

// Lines of the control socket onto stdout, until the daemon closes or a signal comes.
class Lines {
 public:
  // What is shown for a line; "" for nothing.
  using Shown = std::function<std::string(std::string_view line)>;

  Lines(net::Loop& loop, base::Fd fd, Shown shown)
      : loop_(loop),
        shown_(std::move(shown)),
        splitter_(peer::kMaxAnswer),
        output_(
            loop,
            [this] {
              if (!over_) stream_.pause(false);
              if (over_) loop_.stop();
            },
            [this] { loop_.stop(); }),
        signals_(loop, {SIGTERM, SIGINT, SIGHUP},
                 [this](int number) {
                   status_ = 128 + number;
                   loop_.stop();
                 }),
        stream_(loop, std::move(fd),
                net::Stream::Events{.data = [this](std::string_view b) { data(b); },
                                    .end = [this](const auto& e) { ended(e); },
                                    .low_water = [this] { low_water_(); }}) {}

  net::Stream& stream() { return stream_; }
  void on_low_water(std::function<void()> f) { low_water_ = std::move(f); }
  // `before`: what was read already.
  int run(const Options& options, std::string_view before) {
    data(before);
    loop_.run();
    output_.finish("");
    return error_ ? complain(options, *error_) : status_;
  }

 private:
  void data(std::string_view bytes) {
    while (auto line = splitter_.next(bytes)) {
      if (line->dropped > 0) {
        base::log::error("a line of ", line->dropped, " bytes from consoled was dropped");
        status_ = base::kExitNo;
        continue;
      }
      output_.write(shown_(line->text));
    }
    if (output_.waiting()) stream_.pause(true);
  }
  void ended(const std::optional<base::Error>& error) {
    over_ = true;
    error_ = error;
    if (!output_.waiting()) loop_.stop();
  }

  net::Loop& loop_;
  Shown shown_;
  wire::LineSplitter splitter_;
  pty::Output output_;
  net::Signals signals_;
  bool over_ = false;
  int status_ = 0;
  std::optional<base::Error> error_;
  std::function<void()> low_water_ = [] {};
  net::Stream stream_;
};

// stdin's commands into the stream, as fast as that takes them.
class Feed {
 public:
  Feed(net::Loop& loop, net::Stream& stream) : loop_(loop), stream_(stream) {
    if (!base::always_ready(STDIN_FILENO)) {
      watch_ = std::make_unique<net::Watch>(loop, STDIN_FILENO, [this](unsigned) { read(); });
    }
    go_on();
  }

  // stdin has ended, or a line of it was not sent.
  bool over() const { return over_; }
  // Why a line was not sent, and none behind it.
  const std::optional<base::Error>& refused() const { return refused_; }
  // The commands in it so far, the bad ones too: each gets one answer.
  size_t asked() const { return asked_; }

  void go_on() {
    const bool more = !over_ && !stream_.full();
    if (watch_) {
      watch_->want(more ? net::Watch::kRead : net::Watch::kNothing);
    } else if (more) {
      loop_.defer([this] { read(); });
    }
  }

 private:
  void read() {
    if (over_ || stream_.full()) return;
    const ssize_t n = ::read(STDIN_FILENO, buf_.data(), buf_.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const std::string_view bytes(buf_.data(), static_cast<size_t>(std::max<ssize_t>(n, 0)));
    size_t good = 0;
    while (good < bytes.size()) {
      const size_t last = std::min(bytes.find('\n', good), bytes.size() - 1);
      const std::string_view line = bytes.substr(good, last - good + 1);
      reader_.feed(line);
      const size_t items = count();
      if (over_) break;
      asked_ += items;
      good += line.size();
    }
    stream_.send(bytes.substr(0, good));
    if (n <= 0 && !over_) {
      over_ = true;
      reader_.finish();
      asked_ += count();
    }
    if (over_) stream_.finish();
    go_on();
  }
  // The commands that are whole now. An attach would make keys of all that follows.
  size_t count() {
    size_t items = 0;
    while (const auto item = reader_.next()) {
      items += item->kind != wire::Item::Kind::warning;
      if (item->kind != wire::Item::Kind::value || item->text.find("attach") == std::string::npos) {
        continue;
      }
      const Result<Json> request = wire::parse(item->text);
      if (!request || text_of(*request, "cmd") != "attach") continue;
      refused_ = wire::to_error({"attach: not in a batch, which ends here", item->at});
      over_ = true;
    }
    return items;
  }

  net::Loop& loop_;
  net::Stream& stream_;
  bool over_ = false;
  size_t asked_ = 0;
  std::optional<base::Error> refused_;
  wire::Reader reader_;  // as consoled cuts it
  std::array<char, kReadAtOnce> buf_{};
  std::unique_ptr<net::Watch> watch_;
};

}  // namespace

int events(const Options& options, const base::Args& args) {
  std::set<std::string> names;
  if (!args.operands().empty()) {
    Server server(options);
    const auto found = names_of(server, args.operands());
    if (!found) return complain(options, found.error());
    names.insert(found->begin(), found->end());
  }
  std::string rest;
  Result<base::Fd> fd = dial_control(options, "events", rest);
  if (!fd) return complain(options, fd.error());
  net::Loop loop;
  Lines lines(loop, std::move(*fd), [&](std::string_view line) {
    const Result<Json> event = wire::parse(line);
    if (!event || !event->is_object() || !event->contains("event")) return std::string();
    if (!names.empty() && !names.contains(text_of(*event, "console"))) return std::string();
    return std::string(line);
  });
  return lines.run(options, rest);
}

namespace {

// consoled counts the "hold" before them as line 1.
std::string in_lines_of_stdin(std::string_view line) {
  using nlohmann::ordered_json;
  if (line.find("\"line\":") == std::string_view::npos) return std::string(line);
  ordered_json answer = ordered_json::parse(line, nullptr, false);
  if (!answer.is_object()) return std::string(line);
  const auto one_less = [](ordered_json& at) {
    if (at.is_object() && at.contains("line")) at["line"] = at["line"].get<uint64_t>() - 1;
  };
  if (answer.contains("error")) one_less(answer["error"]);
  if (answer.contains("warnings")) {
    for (ordered_json& warning : answer["warnings"]) one_less(warning);
  }
  return answer.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

// "hold" first: stdin may be silent for as long as it likes.
int batch(const Options& options, const base::Args&) {
  std::string rest;
  Result<base::Fd> fd = dial_control(options, "hold", rest);
  if (!fd) return complain(options, fd.error());
  net::Loop loop;
  size_t answered = 0, failed = 0;
  Lines lines(loop, std::move(*fd), [&](std::string_view line) {
    const bool wrong = line.starts_with("{\"error\"");
    if (wrong) failed++;
    if (wrong || line.starts_with("{\"ok\"")) answered++;
    return in_lines_of_stdin(line);
  });
  Feed feed(loop, lines.stream());
  lines.on_low_water([&] { feed.go_on(); });
  const int status = lines.run(options, rest);
  if (status != 0) return status;
  if (!feed.over() || answered < feed.asked()) {
    return complain(
        options, base::Error{Errc::closed, ECONNRESET,
                             base::cat("consoled closed the connection: ", answered,
                                       " commands were answered, ", feed.over() ? "" : "at least ",
                                       feed.asked() - answered, " were not")});
  }
  if (feed.refused()) return complain(options, *feed.refused());
  return failed > 0 ? base::kExitNo : status;
}

}  // namespace conctl
