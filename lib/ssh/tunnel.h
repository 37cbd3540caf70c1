// Tunnel: a connection through a jump host: what is written into the descriptor that it gives comes
// out at the other host, and back. A pump between a socket pair and a Channel, with a few KiB in
// between either way.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/fd.h"
#include "lib/net/loop.h"
#include "lib/ssh/channel.h"
#include "lib/ssh/session.h"

namespace ssh {

class Tunnel {
 public:
  struct Events {
    std::function<void(base::Fd)> open;      // once
    std::function<void(base::Error)> ended;  // could not be opened, or is over; once
  };

  // `jump`: ready. It outlives the Tunnel, and its activity() is called at each of its own.
  Tunnel(net::Loop& loop, Session& jump, std::string host, uint16_t port, Events events);
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  void activity();

 private:
  void open();
  void ready(unsigned what);
  void inward();
  void outward();
  void flush();
  void end(base::Error why);
  void interest();

  net::Loop& loop_;
  Session& jump_;
  std::string host_;
  uint16_t port_;
  Events events_;
  Channel channel_;
  base::Fd ours_;
  std::unique_ptr<net::Watch> watch_;
  std::string in_, out_;  // from the host, and to it
  bool over_ = false;
};

}  // namespace ssh
