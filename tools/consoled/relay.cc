#include "tools/consoled/relay.h"

#include "lib/http/websocket.h"
#include "lib/net/stream.h"
#include "lib/wire/escape.h"

namespace consoled {

namespace {
constexpr auto kLinger = std::chrono::seconds(5);
// A slow line takes its keys in large pieces, a minute's worth at 9600 bits a second.
constexpr auto kLastKeys = std::chrono::seconds(60);
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
  out.inward = [reader](std::string_view bytes) {
    reader->feed(bytes);
    Forms::Inward in;
    while (const auto message = reader->next()) in.plain += message->payload;
    in.reply = reader->take_replies();
    in.over = reader->over();
    return in;
  };
  out.goodbye = http::websocket::close_frame(http::websocket::kGoingAway, {});
  return out;
}

class Relays::Relay {
 public:
  // `gone` is called from the loop, once: the place to delete it.
  Relay(net::Loop& loop, http::Upgraded outer, base::Fd inner, Forms forms,
        std::function<void()> gone)
      : loop_(loop),
        place_(std::move(outer.place)),
        forms_(std::move(forms)),
        gone_(std::move(gone)),
        linger_(loop, [this] { lingered(); }),
        outer_(std::move(outer.stream)),
        inner_(loop, std::move(inner),
               {.data = [this](std::string_view bytes) { outward(bytes); },
                .end = [this](const std::optional<base::Error>&) { inner_ended(); },
                .low_water = [this] { go_on(); }}) {
    outer_->set_events(
        {.data = [this](std::string_view bytes) { inward(bytes); },
         .end = [this](const std::optional<base::Error>& error) { outer_ended(error); },
         .low_water = [this] { outer_drained(); }});
    if (!outer.rest.empty()) inward(outer.rest);
  }

 private:
  void outward(std::string_view bytes) {
    if (leaving_) return;
    outer_->send(forms_.outward ? forms_.outward(bytes) : bytes);
    if (outer_->full()) inner_.pause(true);
  }

  void inward(std::string_view bytes) {
    if (inner_ended_ || leaving_ || gone_ == nullptr) return;
    forms_.failed = nullptr;
    if (forms_.user) *std::exchange(forms_.user, nullptr) = outer_->peer();
    if (!forms_.inward) {
      inner_.send(bytes);
    } else {
      const Forms::Inward in = forms_.inward(bytes);
      outer_->send(in.reply);
      unread_ = !in.reply.empty() && outer_->full();
      inner_.send(in.plain);
      if (in.over) return take_leave();
    }
    if (inner_.full() || unread_) outer_->pause(true);
  }

  void go_on() {
    if (!inner_.full() && !unread_) outer_->pause(false);
  }

  // Who served it says no more: the peer gets what is left.
  void inner_ended() {
    if (leaving_) return over();
    inner_ended_ = true;
    outer_->send(forms_.goodbye);
    outer_->finish();
    outer_->pause(false);
    linger_.after(kLinger);
    outer_drained();
  }

  // The peer hears no more, but what it sent before is still to be taken.
  void take_leave() {
    if (inner_ended_) return over();
    leaving_ = true;
    outer_->finish();
    inner_.pause(false);
    inner_.finish();
    left_ = inner_.unsent();
    linger_.after(kLastKeys);
  }

  void lingered() {
    if (!leaving_ || inner_.unsent() >= left_) return over();
    left_ = inner_.unsent();
    linger_.after(kLastKeys);
  }

  // A peer may send no more and still listen; a websocket's may not.
  void outer_ended(const std::optional<base::Error>& error) {
    if (error && forms_.failed) forms_.failed(*error);
    if (leaving_) return;
    if (error) return over();
    if (forms_.inward) return take_leave();
    outer_ended_ = true;
    inner_.finish();
    outer_drained();
  }

  void outer_drained() {
    unread_ = false;
    if (!inner_ended_) {
      inner_.pause(false);
      return go_on();
    }
    if (outer_ended_ && outer_->finished()) over();
  }

  void over() {
    linger_.cancel();
    if (gone_) loop_.defer(std::exchange(gone_, nullptr));
  }

  net::Loop& loop_;
  std::shared_ptr<void> place_;
  Forms forms_;
  std::function<void()> gone_;  // null: it was called
  bool inner_ended_ = false, outer_ended_ = false;
  bool unread_ = false;   // it pings, and does not read the pongs: not heard until it does
  bool leaving_ = false;  // the peer is done, and gets no more
  size_t left_ = 0;       // for the inner side, when it was looked at last
  net::Timer linger_;
  std::unique_ptr<net::Stream> outer_;
  net::Stream inner_;
};

Relays::Relays(net::Loop& loop) : loop_(loop) {}
Relays::~Relays() = default;

base::Result<base::Fd> Relays::join(http::Upgraded outer, Forms forms) {
  base::Result<base::SocketPair> pair = base::make_socket_pair();
  if (!pair) return pair.error();
  const auto at = relays_.emplace(relays_.end());
  *at = std::make_unique<Relay>(loop_, std::move(outer), std::move(pair->one), std::move(forms),
                                [this, at] { relays_.erase(at); });
  return std::move(pair->other);
}

}  // namespace consoled
