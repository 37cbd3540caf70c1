// Embedded: a way to the private redis-server that tools share where no other is configured.
// Where nobody listens on RUNTIME/redis.sock, libexec/lineman/redis-embedded starts one; it says
// who may, where the data is, and when the server ends. A process of its own, so that nothing
// blocks; ended when this goes, but not the server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/fd.h"
#include "lib/net/address.h"
#include "lib/net/child.h"
#include "lib/net/dialler.h"
#include "lib/net/loop.h"

namespace redis {

class Embedded {
 public:
  using Done = std::function<void(base::Result<base::Fd>)>;

  // `socket` is the one in the runtime folder. again: who asks was connected, and does not start a
  // server that was stopped on purpose (lineman down). Begins at once; `done` is called once, from
  // the loop, before the deadline, unless this goes first. When redis-server is not installed the
  // error says what to install or which variable to set. `done` may not delete the Embedded.
  Embedded(net::Loop& loop, net::Address socket, bool again, base::Time deadline, Done done);
  ~Embedded();
  Embedded(const Embedded&) = delete;
  Embedded& operator=(const Embedded&) = delete;

 private:
  void dial();
  void dialled(base::Result<base::Fd> fd);
  base::Result<void> start();
  void exited(int status);
  void late();
  std::string said() const;
  void finish(base::Result<base::Fd> result);

  net::Loop& loop_;
  net::Address socket_;
  bool again_;
  base::Time deadline_;
  Done done_;
  base::Fd words_;  // what the script says
  std::unique_ptr<net::Child> child_;
  net::Timer timer_;
  std::unique_ptr<net::Dialler> dialler_;
};

}  // namespace redis
