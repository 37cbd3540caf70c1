#include "tools/consoled/console.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::cat;
using base::Errc;
using base::error;
using base::Result;
using nlohmann::json;

namespace {

constexpr int64_t kIdleUs = 60'000'000;          // so long an idle console keeps its history
constexpr size_t kMaxWaiting = size_t{1} << 20;  // bytes of input, also of who is gone

}  // namespace

// ---- Interest

Console::Interest::Interest(Console& console, Told told)
    : console_(&console), told_(std::move(told)) {
  console.interests_.push_back(this);
  console.update();
  console.hurry();
}

Console::Interest::~Interest() {
  if (console_ == nullptr) return;
  std::erase(console_->interests_, this);
  console_->update();
}

// ---- Console

Console::Console(Shared& shared, Node node) : shared_(shared), node_(std::move(node)) {
  status_.since_us = base::wall_us();
}

Console::~Console() {
  shared_.turns.leave(this);
  if (typing_) typing_->stop();
  driver_.reset();
  for (Interest* i : interests_) i->console_ = nullptr;
}

// ---- What is wanted

bool Console::wanted() const {
  if (wish_ == Wish::never || is_down()) return false;
  if (!interests_.empty() ||
      std::any_of(viewers_.begin(), viewers_.end(), [](auto& v) { return !v.second.leaving(); })) {
    return true;
  }
  return wish_ == Wish::on || (wish_ == Wish::as_defined && !node_.ondemand);
}

void Console::update() {
  const bool want = wanted();
  if (want ? status_.state == State::idle : status_.state != State::idle) {
    happen(want ? Happening::wanted : Happening::unwanted);
  }
}

void Console::start() {
  update();
}

void Console::reconnect() {
  not_before_ = {};
  lift();
  if (status_.state == State::connected) {
    break_off(error(Errc::closed, "asked to connect again"));
  }
  retry();
}

bool Console::switch_on() {
  const bool changed = wish_ != Wish::on || status_.state == State::waiting || is_down();
  not_before_ = {};
  lift();
  wish_ = Wish::on;
  update();
  retry();
  return changed;
}

bool Console::switch_off() {
  const bool changed = wish_ != Wish::off || status_.state != State::idle;
  wish_ = Wish::off;
  for (auto& [number, viewer] : viewers_) viewer.drop();
  if (status_.state != State::idle) {
    if (driver_) driver_->terminate();
    happen(Happening::unwanted);
  }
  settle(error(Errc::closed, "switched off"));
  return changed;
}

void Console::terminate() {
  tell_all("\n[[the console was deleted]]\n");
  if (driver_) driver_->terminate();
  settle(error(Errc::closed, "the console was deleted"));
}

void Console::stop() {
  wish_ = Wish::never;
  update();
}

void Console::redefine(Node node) {
  if (node == node_) return;
  const bool same_line = node.driver == node_.driver && node.params == node_.params;
  if (!same_line && status_.state != State::idle) {
    if (driver_) driver_->terminate();
    happen(Happening::unwanted);
  }
  if (!same_line) not_before_ = {};  // what was tried was another line
  node_ = std::move(node);
  revision_ = shared_.next_revision++;
  update();
}

// ---- The state machine

void Console::happen(Happening what) {
  const State from = status_.state;
  const Edge e = edge(from, what);
  if (e.to != from) {
    status_.state = e.to;
    status_.since_us = base::wall_us();
  }
  switch (e.act) {
    case Act::queue:
      queue();
      break;
    case Act::leave:
      lose_line();
      if (held()) set_next({});
      break;
    case Act::open:
      open();
      break;
    case Act::greet:
      greet();
      break;
    case Act::drop:
      drop();
      break;
    case Act::retry:
      set_retry();
      break;
    case Act::rest:
      set_next({});
      break;
    case Act::bug:
      begin_anew(from, what);
      break;
    case Act::nothing:
      break;
  }
}

void Console::open() {
  closed_.reset();
  status_.attempts++;
  tried_at_ = shared_.loop.now();
  driver_ = driver_for(shared_.around, with_defaults(node_, shared_.config), *this);
  if (size_) driver_->resize(*size_);
  driver_->open(shared_.loop.now() + shared_.config.connect.timeout);
}

void Console::greet() {
  shared_.turns.leave(this);
  status_.failed = false;
  status_.reason.clear();
  status_.down_us = 0;
  status_.ups++;
  up_at_ = shared_.loop.now();
  base::log::info(name(), ": connected");
  if (told_down_) tell_all("\n[[connected]]\n");
  told_down_ = false;
  shared_.events.emit("up", {{"console", name()}, {"attempts", status_.attempts}});
  begin_chat();
  begin_idle();
  settle({});
}

// What belongs to the line goes with it.
void Console::lose_line() {
  shared_.turns.leave(this);
  // It may be its own callback that ends the line.
  if (silence_) shared_.loop.defer([gone = std::shared_ptr<Silence>(std::move(silence_))] {});
  if (!typing_) return;
  const size_t lost = typing_->stop();
  if (lost > 0) tell_all(cat("\n[[", lost, " bytes of input dropped]]\n"));
}

// A line that is up, and that ends not by its driver: which might still tell of its own end.
void Console::break_off(base::Error why) {
  lose_line();
  driver_.reset();
  closed(std::move(why));
}

// After what cannot happen.
void Console::begin_anew(State from, Happening what) {
  closed_ =
      error(Errc::closed, "internal error: ", happening_name(what), " while ", state_name(from));
  base::log::error(name(), ": ", closed_->what);
  if (status_.state == State::waiting) return set_retry();
  lose_line();
}

void Console::drop() {
  const bool was_up = up_at_ != base::Time{};
  up_at_ = {};
  lose_line();
  driver_.reset();
  status_.failed = false;
  status_.reason.clear();
  status_.down_us = 0;
  status_.attempts = 0;
  told_down_ = false;
  if (retry_) retry_->backoff.reset();
  not_before_ = was_up ? base::Time{} : tried_at_ + shared_.config.connect.first_wait;
  if (!was_up) return;
  const std::string why = is_down() ? down_why_ : "not wanted";
  base::log::info(name(), ": disconnected: ", why);
  note(journal::Kind::down, why);
  shared_.events.emit("down", {{"console", name()}, {"reason", why}});
}

// Each is told once, and may go, or take others with it, when it is.
void Console::settle(const Result<void>& result) {
  while (true) {
    const auto at = std::find_if(interests_.begin(), interests_.end(),
                                 [](const Interest* i) { return i->told_ != nullptr; });
    if (at == interests_.end()) return;
    const Interest::Told told = std::exchange((*at)->told_, nullptr);
    told(result);
  }
}

// ---- Intake

std::optional<SourcePosition> Console::last_position() const {
  if (source_) return source_;
  // Nobody asked the journal yet.
  const journal::Source s = start_ ? start_->source : Tape::find_start(shared_, node_.name).source;
  if (s.epoch == 0) return {};
  return SourcePosition{s.epoch, s.offset};
}

void Console::opened(std::optional<SourcePosition> source) {
  const std::optional<SourcePosition> last = source ? last_position() : std::nullopt;
  const bool same = last && last->epoch == source->epoch;
  if (same && source->offset > last->offset) {
    tape_now().say(net::loss_marker(source->offset - last->offset));
  }
  // The journal knows its session; where there is none, the driver.
  resumed_ = same || (source && !last && driver_->went_on());
  source_ = source;
  journal::Event event{journal::Kind::up, "", {}};
  if (source) event.source = journal::Source{source->epoch, source->offset};
  tape_now().note(std::move(event));
  happen(Happening::opened);
}

iovec Console::room() {
  return tape_now().room();
}

void Console::commit(size_t n) {
  tape_->commit(n);
  if (source_) source_->offset += n;
}

void Console::publish() {
  if (!tape_) return;
  tape_->publish();
  if (silence_) silence_->heard();
  const uint64_t head = tape_->ring().head();
  if (typing_ && typing_->listens()) {
    const base::Ring::Slices s = tape_->ring().slices(published_, head - published_);
    for (int i = 0; i < s.count; i++) {
      const iovec& v = s.piece[static_cast<size_t>(i)];
      typing_->heard({static_cast<const char*>(v.iov_base), v.iov_len});
    }
  }
  published_ = head;
}

void Console::moved(SourcePosition source, std::string why) {
  source_ = source;
  tape_->note({journal::Kind::note, std::move(why), journal::Source{source.epoch, source.offset}});
}

void Console::writable() {
  if (typing_) typing_->writable();
}

void Console::closed(base::Error why) {
  closed_ = std::move(why);
  happen(Happening::closed);
}

Tape& Console::tape_now() {
  if (!tape_) {
    if (!start_) start_ = Tape::find_start(shared_, node_.name);
    tape_ = std::make_unique<Tape>(shared_, node_.name, *start_, [this] {
      if (driver_) driver_->resume();
    });
    published_ = tape_->ring().head();
  }
  return *tape_;
}

Typing& Console::typing_now() {
  if (!typing_) typing_ = std::make_unique<Typing>(shared_.loop);
  if (status_.state == State::connected && !typing_->started()) {
    typing_->start(*driver_, {}, {}, nullptr);
  }
  return *typing_;
}

void Console::sweep() {
  if (!tape_ || status_.state != State::idle || !viewers_.empty()) return;
  if (base::wall_us() - status_.since_us < kIdleUs) return;
  if (tape_->journal() != nullptr) {
    // What a failed disk did not take is in no file: its numbers are known here alone.
    const journal::Status journal = tape_->journal()->status(shared_.loop.now());
    if (journal.pending > 0 || journal.error != 0) return;
    start_.reset();
  } else {
    start_->offset = tape_->ring().head();
  }
  tape_.reset();
  typing_.reset();
  retry_.reset();
  source_.reset();
}

void Console::begin_chat() {
  std::vector<Turn> chat;
  // A session that goes on was told already, and somebody may be in the middle of something.
  if (auto parsed = parse_chat(resumed_ ? "" : param(node_, "initcmd"), kBreakDelay)) {
    chat = std::move(*parsed);
  }
  if (chat.empty() && !typing_) return;
  if (!typing_) typing_ = std::make_unique<Typing>(shared_.loop);
  typing_->start(*driver_, std::move(chat), shared_.loop.now() + shared_.config.connect.timeout,
                 [this](const Result<void>& done) {
                   if (done) return;
                   base::log::warn(name(), ": ", done.error().what);
                   tell_all(cat("\n[[", done.error().what, "]]\n"));
                 });
}

void Console::begin_idle() {
  if (number_param(node_, "idle", 0) == 0) return;
  silence_ = std::make_unique<Silence>(
      shared_.loop, node_,
      Silence::Hooks{
          .send = [this](Steps probe) { typing_now().play(std::move(probe), nullptr); },
          .dead =
              [this] {
                break_off(error(Errc::timeout, "silent, also after the idle string was sent"));
              },
      });
}

void Console::reopen() {
  if (tape_) tape_->reopen();
}

// ---- Who looks

peer::Seen Console::seen() {
  peer::Seen seen = tape_now().seen();
  seen.run = shared_.epoch;
  // Bytes that the journal has not got yet when the daemon is killed come again from a source that
  // counts them.
  const int64_t counted = start_->source.epoch;
  seen.replays = counted != 0 && (!source_ || source_->epoch == counted);
  return seen;
}

Result<void> Console::may_attach() const {
  const size_t most = shared_.config.viewers;
  if (viewers_.size() < most) return {};
  return error(Errc::busy, name(), ": has ", viewers_.size(), " viewers, as many as it may have");
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved, through try_emplace
Viewer& Console::attach(base::Fd fd, Admission admission) {
  Tape& tape = tape_now();
  const uint64_t number = shared_.next_viewer++;
  Viewer& v = viewers_.try_emplace(number, *this, number, std::move(admission)).first->second;
  const std::string who = v.visitor().text();
  base::log::info(name(), ": viewer ", number, ": ", who);
  note(journal::Kind::attach, who);
  shared_.events.emit("attach", {{"console", name()},
                                 {"viewer", number},
                                 {"who", who},
                                 {"face", v.visitor().face},
                                 {"readonly", v.readonly()}});
  v.join(tape.fanout(), std::move(fd));
  if (told_down_) v.tell(cat("\n[[not connected: ", status_.reason, "]]\n"));
  update();
  hurry();
  return v;
}

void Console::gone(Viewer& viewer) {
  viewer.left();
  const uint64_t number = viewer.number();
  const std::string who = viewer.visitor().text();
  base::log::info(name(), ": viewer ", number, " is gone, ", viewer.input_bytes(),
                  " bytes received");
  viewers_.erase(number);
  note(journal::Kind::detach, who);
  shared_.events.emit("detach", {{"console", name()}, {"viewer", number}, {"who", who}});
  update();
}

bool Console::kick(uint64_t number) {
  const auto at = viewers_.find(number);
  if (at == viewers_.end()) return false;
  at->second.drop();
  return true;
}

// ---- What goes to the target

Result<void> Console::type(const std::shared_ptr<net::Keys::Sender>& from, std::string unit) {
  if (status_.state == State::idle || status_.state == State::waiting) {
    return error(Errc::closed, "the console is not connected");
  }
  if (input_waiting() + unit.size() > kMaxWaiting) {
    return error(Errc::busy, input_waiting(), " bytes of input wait: the target does not read");
  }
  shared_.input_bytes += unit.size();
  typing_now().push(from, std::move(unit));
  return {};
}

Result<void> Console::send(std::string_view bytes) {
  const Result<void> typed = type(std::make_shared<net::Keys::Sender>(), std::string(bytes));
  if (typed) return {};
  if (typed.error().code == Errc::busy) return in(name(), typed.error());
  return error(Errc::closed, name(), ": is not connected",
               status_.reason.empty() ? "" : cat(": ", status_.reason));
}

void Console::resize(pty::Size size) {
  size_ = size;
  if (driver_) driver_->resize(size);
}

uint64_t Console::input_waiting() const {
  return typing_ ? typing_->waiting() : 0;
}

}  // namespace consoled
