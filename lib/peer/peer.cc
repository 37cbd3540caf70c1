#include "lib/peer/peer.h"

#include <nlohmann/json.hpp>

#include "lib/base/check.h"

namespace peer {

using base::Error;
using base::Result;
using wire::Item;
using wire::Json;
using wire::Note;

// A request that is to be answered later.
struct Peer::Asked {
  wire::Position at;
  Json warnings;
  std::optional<Json> ref;
};

namespace {
constexpr auto kIdle = std::chrono::seconds(10);  // after an answer
constexpr auto kHangupCheck = std::chrono::seconds(1);
constexpr auto kSilent = std::chrono::seconds(60);  // before the first request
constexpr size_t kMostAhead = size_t{64} * 1024;    // behind a command that is not answered yet

// A bare word is the command of that name, for people.
Result<Json> request_of(const Item& item, Note& wrong) {
  if (item.kind == Item::Kind::word) return Json{{"cmd", item.text}};
  Result<Json> json = wire::parse(item, &wrong);
  if (json && !json->is_object()) {
    wrong = {base::cat("expected an object or a word, got ", wire::type_name(*json)), item.at};
    return wire::to_error(wrong);
  }
  return json;
}

Json warnings_of(const Item& item) {
  Json out = Json::array();
  for (const Note& n : item.warnings) {
    out.push_back({{"message", n.message}, {"line", n.at.line}, {"column", n.at.column}});
  }
  return out;
}
}  // namespace

std::string_view code_name(base::Errc code) {
  switch (code) {
    case base::Errc::usage:
      return "usage";
    case base::Errc::bad_input:
      return "bad_input";
    case base::Errc::not_found:
      return "not_found";
    case base::Errc::denied:
      return "denied";
    case base::Errc::busy:
      return "busy";
    case base::Errc::timeout:
      return "timeout";
    case base::Errc::closed:
      return "closed";
    case base::Errc::too_big:
      return "too_big";
    case base::Errc::io:
      break;
  }
  return "io";
}

std::optional<base::Errc> code_named(std::string_view name) {
  using base::Errc;
  for (const Errc code : {Errc::usage, Errc::bad_input, Errc::not_found, Errc::denied, Errc::busy,
                          Errc::timeout, Errc::closed, Errc::too_big, Errc::io}) {
    if (code_name(code) == name) return code;
  }
  return {};
}

Peer::Peer(net::Loop& loop, base::Fd fd, Handler handler)
    : loop_(loop),
      handler_(std::move(handler)),
      who_(who_of(fd.get())),
      idle_(loop, [this] { waited(); }),
      stream_(loop, std::move(fd),
              {.data = [this](std::string_view bytes) { data(bytes); },
               .end = [this](const std::optional<Error>& e) { e ? close() : ended(); },
               .low_water = [this] { low_water(); }}) {
  idle_.after(kSilent);
}

Peer::~Peer() = default;

void Peer::data(std::string_view bytes) {
  ahead_ += bytes;
  serve();
}

void Peer::serve() {
  take_items();
  if (takeover_) return give_away();
  hold_back();
  arm();
  if (over_ && !asked_ && !stream_.full()) say_goodbye();
}

void Peer::take_items() {
  while (!takeover_ && !asked_ && !stream_.full()) {
    if (over_ && ahead_.empty()) reader_.finish();
    const std::optional<Item> item = reader_.next();
    if (item && item->kind != Item::Kind::warning) answer(*item);
    if (item) continue;
    if (ahead_.empty()) return;
    reader_.feed(std::exchange(ahead_, {}));
  }
}

void Peer::answer(const Item& item) {
  if (item.kind == Item::Kind::error) {
    const Note note{item.text, item.at};
    refuse(base::error(base::Errc::bad_input, item.text), note, nullptr);
    return;
  }
  Note wrong;
  Result<Json> request = request_of(item, wrong);
  if (!request) {
    refuse(request.error(), wrong, nullptr);
    return;
  }
  const auto ref = request->find("ref");
  auto asked = std::make_unique<Asked>(Asked{item.at, warnings_of(item), {}});
  if (ref != request->end()) asked->ref = *ref;
  Result<Json> result = handler_(*this, *request, item, wrong);
  if (std::exchange(later_, false) && result) {
    asked_ = std::move(asked);
  } else {
    reply(*asked, std::move(result), std::move(wrong));
  }
}

void Peer::reply(const Asked& asked, Result<Json> result, Note wrong) {
  const Json* ref = asked.ref ? &*asked.ref : nullptr;
  if (!result) {
    if (wrong.message.empty()) wrong = {result.error().what, asked.at};
    return refuse(result.error(), wrong, ref);
  }
  if (!asked.warnings.empty()) (*result)["warnings"] = asked.warnings;
  if (ref != nullptr) (*result)["ref"] = *ref;
  send_line(R"({"ok":true)", *result);
}

Peer::Answer Peer::later() {
  later_ = true;
  return [this, alive = std::weak_ptr<bool>(alive_)](Result<Json> result) {
    if (!alive.expired()) answered(std::move(result));
  };
}

void Peer::answered(Result<Json> result) {
  CHECK(asked_ != nullptr);
  reply(*std::exchange(asked_, nullptr), std::move(result), {});
  serve();
}

// People look at the first word of a line, and an object's keys come sorted: so it is put before
// them. `head`: an object's text without its end.
void Peer::send_line(std::string_view head, const Json& fields) {
  const std::string rest = wire::dump(fields);
  stream_.send(base::cat(head, fields.empty() ? "" : ",", std::string_view(rest).substr(1), "\n"));
}

void Peer::refuse(const Error& error, const Note& at, const Json* ref) {
  Json e = {{"code", code_name(error.code)}, {"message", at.message}};
  if (at.at.line > 0) {
    e["line"] = at.at.line;
    e["column"] = at.at.column;
  }
  Json line = {{"error", std::move(e)}};
  if (ref != nullptr) line["ref"] = *ref;
  stream_.send(wire::dump(line) + "\n");
}

void Peer::subscribe() {
  subscribed_ = true;
  idle_.cancel();
}

void Peer::event(std::string_view name, const Json& fields) {
  if (over_ && !subscribed_) return;
  if (stream_.full()) {
    lost_events_++;
    return;
  }
  if (lost_events_ > 0) {
    stream_.send(wire::dump(Json{{"event", "lost"}, {"count", lost_events_}}) + "\n");
    lost_events_ = 0;
  }
  send_line(base::cat(R"({"event":)", wire::dump(Json(name))), fields);
}

// Who closes without reading is still served: what came before the end is answered first.
void Peer::ended() {
  over_ = true;
  serve();
  if (asked_) waited();
}

void Peer::say_goodbye() {
  if (subscribed_ && !base::hung_up(stream_.fd())) {
    idle_.after(kHangupCheck);
    return;
  }
  stream_.finish();
  if (stream_.finished()) close();
}

// The one place that decides whether the socket is read.
void Peer::hold_back() {
  stream_.pause(stream_.full() || ahead_.size() >= kMostAhead);
}

void Peer::low_water() {
  if (stream_.finished()) return close();
  serve();
}

void Peer::arm() {
  if (asked_) {
    idle_.after(kHangupCheck);
  } else if (holds_ || subscribed_) {
    idle_.cancel();
  } else {
    idle_.after(kIdle);
  }
}

// Silent for too long: what it has not read of its answers is lost, and that is its own doing. Who
// waits for an answer may be silent, and goes when it hung up and has nothing more to ask. A
// subscriber whose stdin has ended, as in `echo events | socat`, listens until it goes.
void Peer::waited() {
  const bool there = !base::hung_up(stream_.fd());
  const bool waits = asked_ && (there || !ahead_.empty() || !reader_.idle());
  if (waits || (over_ && subscribed_ && there)) {
    idle_.after(kHangupCheck);
  } else {
    close();
  }
}

void Peer::close() {
  idle_.cancel();
  over_ = true;
  subscribed_ = false;
  if (!gone_) return;
  loop_.defer(std::exchange(gone_, nullptr));
}

void Peer::give_away() {
  net::Stream::Released released = stream_.release();
  takeover_(std::move(released.fd), std::move(released.unsent), reader_.take_rest() + ahead_);
  close();
}

}  // namespace peer
