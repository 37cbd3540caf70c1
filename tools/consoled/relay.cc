#include "tools/consoled/relay.h"

#include "lib/http/websocket.h"
#include "lib/wire/escape.h"

namespace consoled {

namespace {
constexpr auto kLinger = std::chrono::seconds(5);
constexpr size_t kMaxMessage = size_t{64} * 1024;
}  // namespace

Forms websocket_forms(bool base64) {
  using http::websocket::Kind;
  Forms out;
  out.outward = [base64](std::string_view bytes) {
    return base64 ? http::websocket::frame(Kind::text, wire::base64_encode(bytes))
                  : http::websocket::frame(Kind::binary, bytes);
  };
  const auto reader = std::make_shared<http::websocket::Reader>(kMaxMessage);
  out.inward = [reader](std::string_view bytes, std::string& reply) -> std::optional<std::string> {
    reader->feed(bytes);
    std::string plain;
    while (const auto message = reader->next()) plain += message->payload;
    reply = reader->take_replies();
    if (reader->over() && plain.empty()) return {};
    return plain;
  };
  out.goodbye = http::websocket::close_frame(http::websocket::kGoingAway, {});
  return out;
}

Relay::Relay(net::Loop& loop, http::Upgraded upgraded, base::Fd inner, Forms forms,
             std::function<void()> gone)
    : loop_(loop),
      place_(std::move(upgraded.place)),
      forms_(std::move(forms)),
      gone_(std::move(gone)),
      linger_(loop, [this] { end(); }),
      outer_(std::move(upgraded.stream)),
      inner_(loop, std::move(inner),
             {.data = [this](std::string_view bytes) { outward(bytes); },
              .end = [this](const std::optional<base::Error>&) { inner_ended(); },
              .low_water = [this] { outer_->pause(false); }}) {
  outer_->set_events({.data = [this](std::string_view bytes) { inward(bytes); },
                      .end = [this](const std::optional<base::Error>&) { end(); },
                      .low_water = [this] { outer_drained(); }});
  if (!upgraded.rest.empty()) inward(upgraded.rest);
}

void Relay::outward(std::string_view bytes) {
  if (over_) return;
  if (forms_.outward) {
    outer_->send(forms_.outward(bytes));
  } else {
    outer_->send(bytes);
  }
  if (outer_->full()) inner_.pause(true);
}

void Relay::inward(std::string_view bytes) {
  if (over_) return;
  if (!forms_.inward) {
    inner_.send(bytes);
  } else {
    std::string reply;
    const auto plain = forms_.inward(bytes, reply);
    outer_->send(reply);
    if (!plain) return end();
    inner_.send(*plain);
  }
  if (inner_.full()) outer_->pause(true);
}

// Who served it says no more: the peer gets what is left.
void Relay::inner_ended() {
  if (over_) return;
  over_ = true;
  outer_->send(forms_.goodbye);
  outer_->finish();
  outer_->pause(false);
  linger_.after(kLinger);
}

void Relay::outer_drained() {
  if (!over_) inner_.pause(false);
}

void Relay::end() {
  over_ = true;
  linger_.cancel();
  if (gone_) loop_.defer(std::exchange(gone_, nullptr));
}

}  // namespace consoled
