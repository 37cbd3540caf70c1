// Handshakes: so many logins at once, the others wait their turn, first come, first served. A key
// exchange costs milliseconds of this one thread, and an sshd drops who comes when ten are at its
// door. A turn that makes no progress for two seconds is taken back, so that hosts which are dead
// hold up nobody; its holder goes on without. Owned by the Client.
#pragma once

#include <functional>
#include <list>

#include "lib/base/clock.h"
#include "lib/net/loop.h"

namespace ssh {

class Handshakes {
 public:
  Handshakes(net::Loop& loop, size_t limit, base::Duration lease = std::chrono::seconds(2));
  Handshakes(const Handshakes&) = delete;
  Handshakes& operator=(const Handshakes&) = delete;

  // One place in the queue, and then one turn. Gives it back when it goes.
  class Turn {
   public:
    // `granted` is called once, from the loop; it may not delete the Turn.
    Turn(Handshakes& queue, std::function<void()> granted);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Something came from the host.
    void progress();

   private:
    friend class Handshakes;
    enum class State { waiting, running, late };
    Handshakes& queue_;
    std::function<void()> granted_;
    State state_ = State::waiting;
    base::Time until_{};
    std::list<Turn*>::iterator place_;
  };

  size_t waiting() const { return waiting_.size(); }
  size_t running() const { return running_.size(); }

 private:
  void serve();
  void arm();

  net::Loop& loop_;
  size_t limit_;
  base::Duration lease_;
  std::list<Turn*> waiting_;
  std::list<Turn*> running_;  // the one that has been still for longest first
  net::Timer timer_;
};

}  // namespace ssh
