// session: the Redis that a queue tool works with, found as every tool finds it: --redis, else
// $LINEMAN_REDIS, else redis.url, else the embedded one, which is started where it does not run,
// also when it went away under a waiter, unless one only asks. And what its errors mean, in words
// that help.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/args.h"
#include "lib/base/result.h"
#include "lib/redis/client.h"

namespace queue {

struct Place {
  redis::Connect connect;
  redis::Login login;
  std::string text;   // the URL without secrets, or the socket's path
  bool local = true;  // on a unix socket: who dies is gone at once
  bool idle = false;  // the embedded one, which is not started: `not_found` says that none runs
};

enum class Want { to_ask, to_work };

// `option` is the value of --redis, empty where it was not given. Connects to nothing yet. Who
// wants to ask (which queues are there?) starts no server.
base::Result<Place> find_place(const std::string& option, Want want = Want::to_work);

// The queue that -q or -w names, else the signal queue of $LINEMAN_QUEUE, else `notices`.
struct Named {
  bool work = false;
  std::string queue;
};
base::Result<Named> find_queue(const base::Args& args);
// Errors where an option of these is given without, or with, -w.
base::Result<void> check_mode(const base::Args& args, std::span<const std::string_view> work_only,
                              std::span<const std::string_view> signal_only);

// The error with the place in front and, where that is known, what to do behind it.
base::Error explain(const Place& place, base::Error error);
// The same for an error about a queue.
base::Error explain(const Place& place, std::string_view queue, base::Error error);

}  // namespace queue
