#include "tools/ptybufferd/viewers.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/net/note_frames.h"
#include "tools/ptybufferd/about.h"

namespace ptybufferd {

using base::cat;

namespace {
// A paste into a busy command is held back for moments; only what lasts is worth a word.
constexpr auto kTellHeld = std::chrono::seconds(1);
constexpr std::string_view kHeldNote =
    "\n[[input waits: the command does not read its terminal]]\n";
constexpr std::string_view kNobodyNote = "\n[[input dropped: nothing runs to read it]]\n";

std::string overlong_note(uint64_t length) {
  return cat("\n[[", length, " bytes of input dropped: a line has at most ", wire::kMaxLine,
             " bytes without --immediate]]\n");
}
}  // namespace

Viewers::Viewers(net::Loop& loop, const Options& options, Channel channel, Job& job,
                 peer::Events& events, int socket_fd, std::function<void()> none_left)
    : loop_(loop),
      options_(options),
      channel_(channel),
      job_(job),
      events_(events),
      socket_fd_(socket_fd),
      none_left_(std::move(none_left)),
      tell_(loop, [this] { tell_held(); }) {}

// The about block, where it is asked for, and the marker, where something is not shown.
std::string Viewers::greeting(uint64_t from) const {
  const History& h = channel_.history;
  std::string out;
  if (options_.about) {
    About a;
    a.info = options_.info;
    a.parent = options_.caller;
    a.pid = ::getpid();
    a.child = job_.pid();
    a.tty = job_.tty();
    a.bytes = h.bytes();
    a.lines = h.lines();
    a.first_line = h.lines_before(h.begin());
    a.history_lines = h.lines() - a.first_line;
    a.history_max = h.keep();
    a.skip_bytes = from;
    a.skip_lines = h.lines_before(from);
    a.sockets = entries_.size() + 3;
    a.socket_fd = socket_fd_;
    a.socket_name = cat("(", options_.tcp ? "tcp" : "unix", ":", options_.socket, ")");
    out = about_block(a);
  }
  if (from > 0) out += net::loss_marker(from);
  return out;
}

void Viewers::join(base::Fd fd) {
  Admission a;
  a.from = channel_.history.first_shown();
  a.raw = options_.immediate;
  std::string prefix = greeting(a.from);
  admit(std::move(fd), a, std::move(prefix));
}

void Viewers::attach(base::Fd fd, Admission a) {
  std::string prefix = std::move(a.unsent);
  Entry& e = admit(std::move(fd), a, std::move(prefix));
  if (!a.first_input.empty()) input(e, a.first_input);
}

Viewers::Entry& Viewers::admit(base::Fd fd, const Admission& a, std::string prefix) {
  const uint64_t number = next_++;
  Entry& e = entries_[number];
  e.number = number;
  e.who = peer::who_of(fd.get());
  e.readonly = a.readonly;
  e.raw = a.raw;
  e.since_us = base::wall_us();
  e.sender = std::make_shared<net::Keys::Sender>();
  e.sender->hold = [this, number](bool on) { held(number, on); };
  e.viewer = &channel_.fanout.add(std::move(fd), a.from, std::move(prefix),
                                  {.input = [this, &e](std::string_view b) { input(e, b); },
                                   .gone = [this, number] { gone(number); }},
                                  a.frames ? &net::kFrames : nullptr);
  base::log::info("connect ", number, ": ", entries_.size(), " viewers, ", text(e.who));
  events_.emit("attach", {{"viewer", number}, {"uid", e.who.uid}, {"pid", e.who.pid}});
  return e;
}

// No bytes: the viewer will send no more.
void Viewers::input(Entry& e, std::string_view bytes) {
  if (e.readonly) return;
  e.input_bytes += bytes.size();
  if (e.raw) {
    if (!bytes.empty()) type(e, std::string(bytes));
    return;
  }
  if (bytes.empty()) {
    const auto rest = e.lines.take_rest();
    if (rest && !rest->text.empty() && !options_.drop_unfinished) type(e, std::string(rest->text));
    return;
  }
  lines(e, bytes);
}

void Viewers::lines(Entry& e, std::string_view bytes) {
  while (const auto line = e.lines.next(bytes)) {
    if (line->dropped == 0) {
      type(e, std::string(line->text));
      continue;
    }
    e.lines_dropped++;
    base::log::warn("read ", e.number, ": discarding overlong line of ", line->dropped,
                    " bytes (option -i missing?)");
    e.viewer->note(overlong_note(line->dropped));
  }
}

void Viewers::type(Entry& e, std::string unit) {
  if (options_.echo_input) {
    std::string_view shown = unit;
    if (shown.ends_with('\n')) shown.remove_suffix(1);
    channel_.say(cat("\n[sent: ", shown, "]\n"));
  }
  const bool taken = job_.type(e.sender, std::move(unit));
  if (!taken && !e.told_dropped) e.viewer->note(kNobodyNote);
  e.told_dropped = !taken;
}

void Viewers::held(uint64_t number, bool on) {
  entries_.at(number).viewer->pause_input(on);
  if (on && !tell_.pending()) tell_.after(kTellHeld);
}

void Viewers::tell_held() {
  for (auto& [number, e] : entries_) {
    if (!e.sender->held) continue;
    e.viewer->note(kHeldNote);
    base::log::warn("read ", number, ": ", e.sender->waiting,
                    " bytes of input wait: the command does not read its terminal");
  }
}

bool Viewers::kick(uint64_t number) {
  const auto it = entries_.find(number);
  if (it == entries_.end()) return false;
  it->second.viewer->drop();
  return true;
}

void Viewers::gone(uint64_t number) {
  Entry& e = entries_.at(number);
  // Its Viewer is gone already: nothing below may speak to it.
  if (!e.readonly && !e.raw && !options_.drop_unfinished) {
    const auto rest = e.lines.take_rest();
    if (rest && !rest->text.empty())
      static_cast<void>(job_.type(e.sender, std::string(rest->text)));
  }
  e.sender->hold = nullptr;
  base::log::info("close ", number, ": ", entries_.size() - 1, " viewers, ", e.input_bytes,
                  " bytes received, ", e.lines_dropped, " lines discarded");
  entries_.erase(number);
  events_.emit("detach", {{"viewer", number}});
  if (entries_.empty()) none_left_();
}

}  // namespace ptybufferd
