// relay: joins a connection that has no descriptor to give away (TLS), or whose bytes have another
// form (a websocket's), with a socket pair, whose other end then is a plain connection to whoever
// serves those. Holds back who sends faster than the other side takes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/http/exchange.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"

namespace consoled {

// What becomes of bytes on their way; null: nothing.
struct Forms {
  std::function<std::string(std::string_view)> outward = nullptr;  // to the peer
  // From the peer. Nothing: it ended, or broke a rule; `reply` goes back to it in any case.
  std::function<std::optional<std::string>(std::string_view, std::string& reply)> inward = nullptr;
  std::string goodbye = {};  // to the peer, last
};

// Of a websocket that carries plain bytes: text frames of base64 (goconserver's), or binary ones.
Forms websocket_forms(bool base64);

class Relay {
 public:
  // `gone` is called from the loop, once: the place to delete it.
  Relay(net::Loop& loop, http::Upgraded upgraded, base::Fd inner, Forms forms,
        std::function<void()> gone);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  void outward(std::string_view bytes);
  void inward(std::string_view bytes);
  void inner_ended();
  void outer_drained();
  void end();

  net::Loop& loop_;
  std::shared_ptr<void> place_;
  Forms forms_;
  std::function<void()> gone_;
  bool over_ = false;  // the goodbye was said
  net::Timer linger_;
  std::unique_ptr<net::Stream> outer_;
  net::Stream inner_;
};

}  // namespace consoled
