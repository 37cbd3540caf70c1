// front_console: goconserver's console port: congo and whoever speaks its frames. A client names a
// node, waits until it is connected, and is its viewer from then on.
//
// A refusal is always action 2 with a text, the only one that congo shows.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "lib/http/server.h"
#include "lib/net/frames.h"
#include "lib/net/listener.h"
#include "lib/tls/context.h"
#include "tools/consoled/nodes.h"
#include "tools/consoled/relay.h"

namespace consoled {

class FrontConsole {
 public:
  // `tls`: every client must show a certificate of the authority; null: plain TCP. Without a socket
  // there are the clients of take() alone.
  FrontConsole(Shared& shared, Nodes& nodes, base::Fd socket, const tls::Context* tls);

  // One who came another way, a websocket, and was let in and counted there.
  void take(base::Fd fd, const Visitor& visitor);

  // Accepts no more; who is there stays.
  void close() { listener_.reset(); }
  bool open() const { return listener_.has_value(); }
  // Nobody is there, and no viewer who came this way.
  bool empty() const { return clients_.empty() && relays_.empty() && places_->taken() == 0; }
  // Other limits, from now on.
  void limit(const ConnectionLimits& limits) { places_->limit(limits.all, limits.per_address); }

 private:
  class Client;
  void accept(base::Fd fd);
  base::Result<base::Fd> unwrap(base::Fd fd, const std::string& who,
                                const std::shared_ptr<std::string>& user);
  void turn_away(const base::Fd& fd, std::string_view who);
  void refuse(std::string_view who, std::string_view why);

  Shared& shared_;
  Nodes& nodes_;
  const tls::Context* tls_;
  std::shared_ptr<http::Places> places_;
  base::Time logged_at_{};                      // a refusal
  std::list<std::shared_ptr<Client>> clients_;  // until they are viewers
  Relays relays_;
  std::optional<net::Listener> listener_;
};

}  // namespace consoled
