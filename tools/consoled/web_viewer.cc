#include "tools/consoled/web_viewer.h"

#include <nlohmann/json.hpp>

#include "lib/peer/attach.h"
#include "lib/peer/peer.h"
#include "lib/wire/object.h"
#include "tools/consoled/state.h"

namespace consoled {

using base::Errc;
using base::error;
using base::Result;
using http::websocket::Kind;
using http::websocket::Message;
using wire::Json;

namespace {
constexpr size_t kMaxMessage = size_t{64} * 1024;
constexpr auto kToAttach = std::chrono::seconds(10);
constexpr int kBreakNumbers = 9;

std::string text_frame(const Json& value) {
  return http::websocket::frame(Kind::text, wire::dump(value));
}

Json error_json(const base::Error& e) {
  return {{"error", {{"code", peer::code_name(e.code)}, {"message", e.what}}}};
}

// As in the first line of an answer on a control socket.
Json answer_json(Result<Json> result, const Json& request) {
  Json out = result ? Json{{"ok", true}} : error_json(result.error());
  if (result) out.update(*result);
  if (const auto ref = request.find("ref"); ref != request.end()) out["ref"] = *ref;
  return out;
}
}  // namespace

WebViewer::WebViewer(Shared& shared, Consoles& consoles, Visitor visitor, http::Upgraded upgraded,
                     base::Duration between_pings, std::function<void()> gone)
    : shared_(shared),
      consoles_(consoles),
      visitor_(std::move(visitor)),
      place_(std::move(upgraded.place)),
      between_pings_(between_pings),
      gone_(std::move(gone)),
      reader_(kMaxMessage),
      timer_(shared.loop, [this] { look_after(); }),
      stream_(std::move(upgraded.stream)) {
  reader_.feed(upgraded.rest);
}

void WebViewer::start() {
  stream_->set_events({
      .data = [this](std::string_view bytes) { data(bytes); },
      .end = [this](const std::optional<base::Error>& /*e*/) { end(); },
      .low_water =
          [this] {
            if (over_ && stream_->finished()) return end();
            stream_->pause(false);
          },
  });
  timer_.after(kToAttach);
  serve();
}

void WebViewer::data(std::string_view bytes) {
  if (over_) return;
  reader_.feed(bytes);
  serve();
}

void WebViewer::serve() {
  const std::optional<Message> message = reader_.next();
  if (!message) {
    stream_->send(reader_.take_replies());
    if (stream_->full()) stream_->pause(true);
    if (reader_.over()) end();
    return;
  }
  const Result<void> attached = attach(*message);
  if (!attached) refuse(attached.error());
}

Result<void> WebViewer::attach(const Message& message) {
  if (message.kind != Kind::text) return error(Errc::bad_input, "the first message is a text");
  const Result<Json> request = wire::parse(message.payload);
  if (!request) return request.error();
  wire::Object o(*request, "attach");
  if (o.need_string("cmd") != "attach") o.wrong("cmd", "\"attach\" first");
  console_ = o.need_string("console");
  static_cast<void>(o.opt_any("ref"));
  const Result<peer::Attach> asked = peer::take_attach(o);
  if (!asked) return asked.error();
  Console* console = consoles_.find(console_);
  if (console == nullptr) {
    return error(Errc::not_found, "no such console: ", wire::quoted_name(console_));
  }
  if (auto may = console->may_attach(); !may) return may.error();
  const peer::Seen seen = console->seen();
  const peer::Start start = start_of(*asked, seen);
  Admission a;
  a.visitor = visitor_;
  a.readonly = asked->readonly;
  a.from = start.offset;
  if (asked->window && !a.readonly) console->resize({asked->window->rows, asked->window->columns});
  Json answer = attach_answer(console->next_viewer(), seen, start);
  answer["console"] = console_;
  answer["state"] = state_name(console->status().state);
  a.prefix = text_frame(answer_json(std::move(answer), *request));
  become(*console, std::move(a));
  return {};
}

void WebViewer::become(Console& console, Admission a) {
  const auto self = shared_from_this();
  net::Stream::Released released = stream_->release();
  a.prefix = released.unsent + a.prefix;
  a.framing = &http::websocket::kBinaryFraming;
  a.decode = [self](Viewer& v, std::string_view bytes) { self->input(v, bytes); };
  a.gone = [self] {
    self->viewer_ = nullptr;
    self->timer_.cancel();
    self->place_.reset();
  };
  viewer_ = &console.attach(std::move(released.fd), std::move(a));
  timer_.after(between_pings_);
  gone_();
  // What it sent behind its request.
  while (const auto message = reader_.next()) {
    if (message->kind == Kind::binary) {
      viewer_->keys(message->payload);
    } else {
      command(*viewer_, message->payload);
    }
  }
  goodbye(*viewer_);
}

// What is to be sent for its pings, and for its close, which goes last.
void WebViewer::goodbye(Viewer& viewer) {
  if (const std::string replies = reader_.take_replies(); !replies.empty()) {
    viewer.stream().insert(replies);
  }
  if (reader_.over()) viewer.drop();
}

void WebViewer::refuse(const base::Error& e) {
  over_ = true;
  stream_->send(text_frame(error_json(e)));
  stream_->send(http::websocket::close_frame(http::websocket::kPolicy, e.what));
  stream_->finish();
  timer_.after(kToAttach);  // for it to be read
}

void WebViewer::end() {
  over_ = true;
  timer_.cancel();
  if (gone_) shared_.loop.defer(std::exchange(gone_, nullptr));
}

void WebViewer::input(Viewer& viewer, std::string_view bytes) {
  if (bytes.empty()) return viewer.drop();
  reader_.feed(bytes);
  while (const auto message = reader_.next()) {
    if (message->kind == Kind::text) {
      command(viewer, message->payload);
    } else if (!message->payload.empty()) {
      viewer.keys(message->payload);
    }
  }
  goodbye(viewer);
}

void WebViewer::command(Viewer& viewer, std::string_view text) {
  Result<Json> request = wire::parse(text);
  Json answer;
  if (request && request->is_object()) {
    answer = answer_json(run(viewer, *request), *request);
  } else {
    answer = error_json(request ? error(Errc::bad_input, "expected an object") : request.error());
  }
  viewer.stream().insert(text_frame(answer));
}

Result<Json> WebViewer::run(Viewer& viewer, const Json& request) {
  wire::Object o(request, "command");
  const std::string cmd = o.need_string("cmd");
  static_cast<void>(o.opt_any("ref"));
  const auto window = peer::take_window(o);
  const auto number = o.opt_int("number", 1, kBreakNumbers);
  if (auto done = o.end(); !done) return done.error();
  Console* console = consoles_.find(console_);
  if (console == nullptr) return error(Errc::not_found, "the console is gone");
  if (!may_write(viewer.visitor(), viewer.readonly())) {
    return error(Errc::denied, cmd, ": this viewer only looks");
  }
  if (cmd == "resize" && window) {
    console->resize({window->rows, window->columns});
    return Json::object();
  }
  if (cmd == "break") {
    const auto sent =
        console->send_break(static_cast<int>(number.value_or(1)), viewer.visitor().text());
    if (!sent) return sent.error();
    return Json::object();
  }
  return error(Errc::bad_input, wire::quoted_name(cmd),
               ": expected \"resize\" with rows and cols, or \"break\"");
}

// Not attached in time: it goes. A viewer whose pong does not come is gone without a goodbye; while
// it is not read from, a pong would wait behind what it typed.
void WebViewer::look_after() {
  if (viewer_ == nullptr) return end();
  const bool held = viewer_->input_held();
  if (reader_.take_heard() || held) asked_ = false;
  if (asked_) return viewer_->drop();
  asked_ = !held;
  if (asked_) viewer_->stream().insert(http::websocket::frame(Kind::ping, {}));
  timer_.after(between_pings_);
}

}  // namespace consoled
