// Standby: the connection on which a taker that stands by hears of its items. Its channel is
// random, and new with each connection: whoever stood by on one that is lost is heard by nobody,
// and Redis finds that out when it tells him something.
//
// Owned by its Taker; blocks on nothing. An event may ask loop.defer to delete it, not delete it.
#pragma once

#include <functional>
#include <string>

#include "lib/net/loop.h"
#include "lib/queue/session.h"
#include "lib/queue/work.h"
#include "lib/redis/client.h"

namespace qwait {

class Standby {
 public:
  struct Events {
    std::function<void()> up;       // one may stand by; also after each reconnect
    std::function<void()> lost;     // nobody stands by any more, what was told last may be lost
    std::function<void()> refused;  // it may not subscribe, and will never be up
    std::function<void(const std::string& message)> told;
  };
  Standby(net::Loop& loop, const queue::Place& place, const queue::Work& work, Events events);

  // Empty: it is not up.
  const std::string& channel() const { return channel_; }
  // Its owner knows that the server is back.
  void try_now() { client_.try_now(); }
  // `done` is called behind all that was told before now, or when the connection is lost.
  void drain(std::function<void()> done);

 private:
  void subscribe();
  void lost(const base::Error& error);

  const queue::Work& work_;
  Events events_;
  std::string channel_;
  redis::Client client_;
};

}  // namespace qwait
