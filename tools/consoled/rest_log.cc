#include "tools/consoled/rest_log.h"

#include <poll.h>

#include <algorithm>
#include <optional>

#include "lib/base/log.h"
#include "lib/journal/play.h"
#include "tools/consoled/rest_v1.h"

namespace consoled {

using base::Errc;
using base::Result;
using http::ExchangePtr;
using journal::Play;

namespace {

constexpr size_t kMostReadings = 32;
constexpr size_t kMostFollowed = 64;
constexpr size_t kPiece = size_t{512} * 1024;
constexpr size_t kMostKept = size_t{16} << 20;  // of the last lines that were found
constexpr size_t kLongestPattern = 1024;
constexpr auto kSettle = std::chrono::milliseconds(10);
constexpr int kMostSettling = 20;
constexpr auto kLook = std::chrono::milliseconds(200);  // how often a followed journal is looked at
// A pager may stop reading for long; it loses its place when others want one.
constexpr auto kPatience = std::chrono::hours(1);
constexpr auto kStalled = std::chrono::seconds(30);

int status_of(const base::Error& error) {
  if (error.code == Errc::not_found) return 404;
  return error.code == Errc::usage || error.code == Errc::bad_input ? 400 : 500;
}

void refuse(const ExchangePtr& e, const base::Error& error) {
  const int status = status_of(error);
  e->respond(http::error_response(status,
                                  status == 404   ? "not_found"
                                  : status == 400 ? "bad_input"
                                                  : "io",
                                  error.what));
}

// Closed, or half-closed: who follows has nothing more to say.
bool hung_up(int fd) {
  pollfd p{fd, POLLRDHUP, 0};
  return fd < 0 || ::poll(&p, 1, 0) > 0;
}

// What the thread works on; the loop touches it between two pieces only.
struct Work {
  journal::Asked asked;
  std::string folder;
  std::vector<std::string> names;
  std::unique_ptr<Play> play;
  Play::Now now = Play::Now::more;
  std::optional<base::Error> refused;

  void step() {
    if (!play) {
      Result<std::unique_ptr<Play>> made = Play::make(asked, folder, names, kMostKept);
      if (!made) {
        refused = made.error();
        return;
      }
      play = std::move(*made);
    }
    now = play->step(kPiece);
  }
};

}  // namespace

// One request, from piece to piece.
class RestLog::Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(RestLog& house, ExchangePtr e, Work work)
      : house_(house),
        e_(std::move(e)),
        work_(std::make_shared<Work>(std::move(work))),
        again_(house.shared_.loop, [this] { settled_ < kMostSettling ? settle() : look(); }) {}

  void begin() {
    e_->be_patient(kPatience);
    e_->on_gone([this] { end(); });
    house_.shared_.journals.flush();
    settle();
  }
  // Since when it waits for its client to take something.
  std::optional<base::Time> stalled() const { return stalled_; }
  void end() {
    if (!e_) return;
    again_.cancel();
    const ExchangePtr e = std::exchange(e_, nullptr);  // cut off, where it was not ended
    e->on_gone(nullptr);
    e->on_room(nullptr);
    house_.ended(this);
  }

 private:
  // What viewers have seen already is on its way to the disk, and is waited for, a little.
  void settle() {
    if (pending() && settled_++ < kMostSettling) return again_.after(kSettle);
    settled_ = kMostSettling;
    next();
  }

  bool pending() const {
    const base::Time now = house_.shared_.loop.now();
    return std::any_of(work_->names.begin(), work_->names.end(), [&](const std::string& name) {
      const Console* c = house_.nodes_.find(name);
      const Tape* tape = c == nullptr ? nullptr : c->tape();
      return tape != nullptr && tape->journal() != nullptr &&
             tape->journal()->status(now).pending > 0;
    });
  }

  void next() {
    stalled_.reset();
    house_.disk_.run([work = work_] { work->step(); },
                     [weak = weak_from_this()] {
                       if (const auto self = weak.lock(); self && self->e_) self->piece();
                     });
  }

  void piece() {
    if (work_->refused) {
      refuse(e_, *work_->refused);
      return end();
    }
    for (const Play::Trouble& t : work_->play->take_trouble()) note(t);
    std::string& text = work_->play->output().text;
    const bool over = work_->now == Play::Now::over;
    if (!begun_ && over && text.empty() && failed_) {
      refuse(e_, *failed_);
      return end();
    }
    if (!std::exchange(begun_, true)) e_->begin(http::response(200, type(), ""));
    e_->write(text);
    text.clear();
    if (!e_) return;  // it broke
    if (over) return finish();
    if (work_->now == Play::Now::caught_up) return again_.after(kLook);
    if (!e_->full()) return next();
    stalled_ = house_.shared_.loop.now();
    e_->on_room([this] {
      e_->on_room(nullptr);
      next();
    });
  }

  // A console that said nothing yet has no journal: that is no fault where several were asked for.
  void note(const Play::Trouble& t) {
    const bool nothing = t.error.code == Errc::not_found;
    if (nothing && work_->names.size() > 1) return;
    if (!nothing) base::log::warn("log of ", t.node, ": ", t.error.what);
    failed_ = nothing ? base::error(Errc::not_found, t.node, ": nothing was logged yet")
                      : base::in(t.node, t.error);
  }

  void finish() {
    if (!failed_) e_->end();
    end();
  }

  void look() {
    if (hung_up(e_->fd())) return end();
    next();
  }

  std::string_view type() const {
    return work_->asked.form == journal::Form::text ? "text/plain" : "application/x-ndjson";
  }

  RestLog& house_;
  ExchangePtr e_;  // null: it is over
  std::shared_ptr<Work> work_;
  int settled_ = 0;
  bool begun_ = false;
  std::optional<base::Error> failed_;
  std::optional<base::Time> stalled_;
  net::Timer again_;
};

RestLog::RestLog(Shared& shared, Nodes& nodes)
    : shared_(shared), nodes_(nodes), disk_(shared.loop) {}

RestLog::~RestLog() = default;

void RestLog::add_routes(http::Router& router) {
  router.add("GET", "/v1/log", [this](const ExchangePtr& e, const http::Parameters&) { begin(e); });
}

void RestLog::begin(const ExchangePtr& e) {
  const std::string folder = shared_.journals.folder();
  if (folder.empty()) {
    return refuse(e, base::error(Errc::not_found, "there are no journals: journal.on is false"));
  }
  std::vector<std::string_view> known = {"console"};
  Result<journal::Asked> asked = journal::asked_of([&](std::string_view name) {
    known.push_back(name);
    return std::string(e->request().parameter(name));
  });
  if (!asked) return refuse(e, asked.error());
  for (const auto& [name, value] : e->request().query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return refuse(e, unknown_key(name));
    }
  }
  if (asked->grep && asked->grep->size() > kLongestPattern) {
    return refuse(e, base::error(Errc::usage, "grep: longer than ", kLongestPattern, " bytes"));
  }
  const auto consoles = nodes_.select(std::string(e->request().parameter("console")));
  if (!consoles) return refuse(e, consoles.error());
  if (asked->form == journal::Form::asciicast && consoles->size() > 1) {
    return refuse(e,
                  base::error(Errc::usage, "asciicast: of one console, not of ", consoles->size()));
  }
  if (asked->follow && consoles->size() > kMostFollowed) {
    return refuse(e, base::error(Errc::usage, "at most ", kMostFollowed,
                                 " consoles can be followed at once, not ", consoles->size()));
  }
  if (!make_room()) {
    return e->respond(http::error_response(503, "busy", "too many are reading logs: try again"));
  }
  Work work{std::move(*asked), folder, {}, nullptr, Play::Now::more, {}};
  for (const Console* c : *consoles) work.names.push_back(c->name());
  readings_.push_back(std::make_shared<Reading>(*this, e, std::move(work)));
  readings_.back()->begin();
}

// Who takes nothing for long gives its place to who does.
bool RestLog::make_room() {
  if (readings_.size() < kMostReadings) return true;
  std::shared_ptr<Reading> longest;
  base::Time since = shared_.loop.now() - kStalled;
  for (const auto& r : readings_) {
    if (!r->stalled() || *r->stalled() > since) continue;
    longest = r;
    since = *r->stalled();
  }
  if (longest) longest->end();
  return longest != nullptr;
}

// Not at once: it may be within one of its own calls.
void RestLog::ended(const Reading* reading) {
  const auto at = std::find_if(readings_.begin(), readings_.end(),
                               [reading](const auto& r) { return r.get() == reading; });
  if (at == readings_.end()) return;
  shared_.loop.defer([gone = std::move(*at)] {});
  readings_.erase(at);
}

}  // namespace consoled
