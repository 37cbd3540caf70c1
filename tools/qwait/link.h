// Link: the connections of a waiter: one for commands, and a second one where it blocks, made when
// it is first needed. What fails at first ends the tool; what breaks later is waited for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/queue/session.h"
#include "lib/redis/client.h"
#include "lib/redis/script.h"

namespace qwait {

class Link {
 public:
  struct Events {
    std::function<void()> ready;                    // also after each reconnect
    std::function<void(const base::Error&)> fatal;  // could not be made at all, or is refused
  };
  Link(net::Loop& loop, queue::Place place, Events events);

  redis::Client& client() { return client_; }
  redis::Scripts& scripts() { return scripts_; }
  const queue::Place& place() const { return place_; }

  // How often one of the two was made: what was read holds for one number.
  uint64_t connections() const;

  // One at a time, on the second connection. `done` is called when it answered, or, with null, has
  // no connection any more, or after `ms` and a while: Redis counts how long it blocks by a clock
  // that somebody may set back. Whatever it was, look again. The answer may be that of the last
  // command, where that one was late.
  using Unblocked = std::function<void(const redis::Reply*)>;
  void block(std::vector<std::string> command, int64_t ms, Unblocked done);
  bool blocking() const { return static_cast<bool>(done_); }

 private:
  void ready();
  void lost(const base::Error& error);
  void send();
  void unblocked(const redis::Reply* answer);

  net::Loop& loop_;
  const queue::Place place_;
  Events events_;
  redis::Client client_;
  redis::Scripts scripts_;
  std::unique_ptr<redis::Client> second_;
  bool sent_ = false;  // and not answered
  std::vector<std::string> command_;
  Unblocked done_;
  net::Timer late_;
  bool once_ready_ = false;
  std::string told_;  // why it is not connected, so that each reason is told once
};

}  // namespace qwait
