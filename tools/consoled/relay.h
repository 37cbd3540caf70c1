// relay: joins a connection that has no descriptor to give away (TLS), or whose bytes have another
// form (a websocket's), with a socket pair, whose other end then is a plain connection to whoever
// serves those. Holds back who sends faster than the other side takes.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/http/exchange.h"
#include "lib/net/loop.h"

namespace consoled {

// What becomes of bytes on their way; null: nothing.
struct Forms {
  std::function<std::string(std::string_view)> outward = nullptr;  // to the peer
  // From the peer. `reply` goes back to it, its last when `over`: it said goodbye or broke a rule.
  struct Inward {
    std::string plain, reply;
    bool over = false;
  };
  std::function<Inward(std::string_view)> inward = nullptr;
  std::string goodbye = {};  // to the peer, last
  // The peer broke off before its first byte: a handshake that failed.
  std::function<void(const base::Error&)> failed = nullptr;
  // Set before its first bytes go in: whom the peer's certificate is of. Null: nobody asks.
  std::shared_ptr<std::string> user = nullptr;
};

// Of a websocket that carries plain bytes: text frames of base64 (goconserver's), or binary ones.
Forms websocket_forms(bool base64);

// All that are joined now.
class Relays {
 public:
  explicit Relays(net::Loop& loop);
  ~Relays();

  // The end that speaks plainly. An error: no descriptors left.
  base::Result<base::Fd> join(http::Upgraded outer, Forms forms = {});
  bool empty() const { return relays_.empty(); }

 private:
  class Relay;
  net::Loop& loop_;
  std::list<std::unique_ptr<Relay>> relays_;
};

}  // namespace consoled
