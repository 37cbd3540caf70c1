// Connection: from a name to a Session that is logged in: its turn (Handshakes), the dialling, the
// jump host where there is one. Owned by who wants to talk; ends what it began when it goes.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "lib/net/resolve.h"
#include "lib/ssh/client.h"
#include "lib/ssh/handshakes.h"
#include "lib/ssh/session.h"
#include "lib/ssh/tunnel.h"

namespace ssh {

class Connection {
 public:
  // None of these may delete the Connection: they ask loop.defer.
  struct Events {
    std::function<void()> ready;             // session() is logged in; once
    std::function<void()> activity;          // as Session's
    std::function<void(base::Error)> ended;  // once, last; it names the host, or the jump host
  };

  // `patience`: for all of it, from when its turn comes; the wait for that is not the host's
  // fault. `options` must outlive the Connection.
  Connection(Client& client, const Options& options, base::Duration patience, Events events);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Session& session() { return *session_; }

 private:
  void granted();
  void dialled(base::Result<base::Fd> fd);
  void jump(base::Fd fd);
  void reach(base::Fd fd);
  void progress();
  void fail(base::Error why);

  Client& client_;
  const Options& options_;
  base::Duration patience_;
  Events events_;
  base::Time deadline_{};
  bool over_ = false;
  std::optional<net::NameDialler> dialler_;
  std::optional<Session> jump_;
  std::optional<Tunnel> tunnel_;
  std::optional<Session> session_;
  std::optional<Handshakes::Turn> turn_;
};

}  // namespace ssh
