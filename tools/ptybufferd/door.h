// Door: the two listeners on the loop, who may come in, and when they close.
#pragma once

#include <optional>

#include "lib/net/listener.h"
#include "lib/peer/events.h"
#include "lib/peer/server.h"
#include "tools/ptybufferd/control.h"
#include "tools/ptybufferd/front.h"
#include "tools/ptybufferd/viewers.h"

namespace ptybufferd {

class Door {
 public:
  // No more is let in once the job is over (unless -w), and the names are free: the next job may
  // have them while viewers still read the end of this one.
  Door(net::Loop& loop, const Options& options, Sockets sockets, Viewers& viewers, Control& control,
       peer::Events& events);

 private:
  std::optional<net::Listener> data_;
  std::optional<peer::Server> control_;
};

}  // namespace ptybufferd
