#include "lib/peer/peer.h"

#include <nlohmann/json.hpp>

namespace peer {

using base::Error;
using base::Result;
using wire::Item;
using wire::Json;
using wire::Note;

namespace {
constexpr auto kIdle = std::chrono::seconds(10);  // after an answer
constexpr auto kHangupCheck = std::chrono::seconds(1);
constexpr auto kSilent = std::chrono::seconds(60);  // before the first request

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

void Peer::data(std::string_view bytes) {
  reader_.feed(bytes);
  serve();
}

void Peer::serve() {
  while (!takeover_) {
    const std::optional<Item> item = reader_.next();
    if (!item) break;
    if (item->kind != Item::Kind::warning) answer(*item);
  }
  if (takeover_) {
    give_away();
    return;
  }
  arm();
  if (stream_.full()) stream_.pause(true);
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
  const Json* given = ref == request->end() ? nullptr : &*ref;
  Result<Json> result = handler_(*this, *request, item, wrong);
  if (!result) {
    if (wrong.message.empty()) wrong = {result.error().what, item.at};
    refuse(result.error(), wrong, given);
    return;
  }
  if (!item.warnings.empty()) (*result)["warnings"] = warnings_of(item);
  if (given != nullptr) (*result)["ref"] = *given;
  send_line(R"({"ok":true)", *result);
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
  reader_.finish();
  serve();
  if (takeover_) return;
  if (subscribed_ && !base::hung_up(stream_.fd())) {
    idle_.after(kHangupCheck);
    return;
  }
  stream_.finish();
  if (stream_.finished()) close();
}

void Peer::low_water() {
  if (over_ && !subscribed_) {
    if (stream_.finished()) close();
    return;
  }
  if (!over_) stream_.pause(false);
}

void Peer::arm() {
  if (holds_ || subscribed_) {
    idle_.cancel();
  } else {
    idle_.after(kIdle);
  }
}

// Silent for too long: what it has not read of its answers is lost, and that is its own doing. A
// subscriber whose stdin has ended, as in `echo events | socat`, listens until it goes.
void Peer::waited() {
  if (over_ && subscribed_ && !base::hung_up(stream_.fd())) {
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
  takeover_(std::move(released.fd), std::move(released.unsent), reader_.take_rest());
  close();
}

}  // namespace peer
