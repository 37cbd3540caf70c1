// Dialler: connects to an address without blocking, before a deadline. The seam that lets others
// take "a way to connect" and know nothing of unix sockets, TCP or TLS.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "lib/base/fd.h"
#include "lib/net/address.h"
#include "lib/net/loop.h"

namespace net {

class Dialler {
 public:
  using Done = std::function<void(base::Result<base::Fd>)>;

  // Starts at once; `done` is called once, never before the constructor returned, unless the
  // Dialler goes first. The descriptor is non-blocking and close-on-exec, TCP_NODELAY on TCP.
  Dialler(Loop& loop, Address address, base::Time deadline, Done done);
  Dialler(const Dialler&) = delete;
  Dialler& operator=(const Dialler&) = delete;

 private:
  void writable();
  void finish(base::Result<base::Fd> result);

  Loop& loop_;
  Address address_;
  Done done_;
  base::Fd fd_;
  Timer timer_;
  std::unique_ptr<Watch> watch_;
  std::optional<base::Error> failed_;
};

// The same for a program without a loop: blocks until the deadline at most.
base::Result<base::Fd> dial(const Address& address, base::Time deadline);

}  // namespace net
