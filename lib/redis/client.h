// Client: one connection to a Redis, kept up. Commands go out in order, as many as one likes before
// the first answer; hiredis' reader takes the answers apart. One for commands; a second one where
// something blocks (BLMOVE, BLPOP).
//
// A lost connection gives every command without an answer the error `closed`: whether it was done is
// unknown, and it is never said again by itself. Then it connects anew, with back-off and jitter
// (reset by the first good answer, for a refused password must not be tried in a loop).
//
// Owned by its user; used on the loop, blocks on nothing. `done` may issue commands and may ask
// loop.defer to delete the client, not delete it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/redis/reply.h"

struct redisReader;

namespace redis {

// A way to connect: calls back once, before the deadline, with a connected stream descriptor. TLS
// is a descriptor whose other end a helper speaks TLS for (connect.h).
using Connect = std::function<void(net::Loop&, base::Time deadline,
                                   std::function<void(base::Result<base::Fd>)> done)>;

struct Login {
  std::string user, password;  // both empty: no AUTH
  int database = 0;
};

class Client {
 public:
  // An error answer (NOSCRIPT ...) is a Reply; a Result's error means that there was none: closed
  // (unknown whether it was done) or not_found (there was no connection: surely not done).
  using Done = std::function<void(base::Result<Reply>)>;

  struct Events {
    // Connected and logged in; commands may go out. Also after each reconnect.
    std::function<void()> ready;
    // The connection is gone, or could not be made, or the login was refused: why, and it will be
    // tried again. Null: nobody wants to know.
    std::function<void(const base::Error&)> lost;
    // What is unsent fell below low water (net::Stream); null: no interest.
    std::function<void()> low_water;
  };

  Client(net::Loop& loop, Connect connect, Login login, Events events);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool ready() const { return ready_; }
  // Sends at once when ready; else `done` gets not_found, from the loop.
  void command(const std::vector<std::string_view>& argv, Done done);
  // How many answers are awaited, and how many bytes are unsent: who pours in asks before more.
  size_t awaited() const { return waiting_.size(); }
  bool full() const;

 private:
  bool ready_ = false;
  std::deque<Done> waiting_;
};

}  // namespace redis
