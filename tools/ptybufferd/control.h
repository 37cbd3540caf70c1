// Control: the commands of the control socket (ptybufferd(8), CONTROL SOCKET): attach, status, who,
// kick, resize, signal, reload, stop.
#pragma once

#include <functional>
#include <vector>

#include "lib/peer/server.h"
#include "tools/ptybufferd/job.h"
#include "tools/ptybufferd/logs.h"
#include "tools/ptybufferd/options.h"
#include "tools/ptybufferd/viewers.h"

namespace ptybufferd {

class Control {
 public:
  // `epoch`: the number of this start, which offsets belong to. `stop`: ends the daemon.
  Control(net::Loop& loop, const Options& options, int64_t epoch, Channel channel, Job& job,
          Viewers& viewers, std::function<void()> stop);

  // The table for a peer::Server; it refers to this.
  std::vector<peer::Command> commands();

 private:
  using Answer = base::Result<wire::Json>;
  Answer attach(peer::Peer& peer, wire::Object& arguments);
  Answer status() const;
  Answer who() const;
  Answer kick(wire::Object& arguments);
  Answer resize(wire::Object& arguments);
  Answer signal(wire::Object& arguments);
  Answer stop(peer::Peer& peer);

  net::Loop& loop_;
  const Options& options_;
  int64_t epoch_;
  Channel channel_;
  Job& job_;
  Viewers& viewers_;
  std::function<void()> stop_;
};

}  // namespace ptybufferd
