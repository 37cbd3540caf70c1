// embedded: the private redis-server that tools share where no other is configured: started on
// demand under a lock, listening only on RUNTIME/redis.sock (0600), with an append-only file in
// STATE/redis. It ends when it is told to (`lineman down`) or when its runtime folder is gone.
#pragma once

#include <string>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace redis {

// The socket of a server that answers; starts it where none does. Blocks until then, at most until
// the deadline: for the start of a tool. When redis-server is not installed the error says what to
// install or which variable to set.
base::Result<std::string> start_embedded(base::Time deadline);

// Whether one answers now, without starting any; its socket.
base::Result<std::string> find_embedded();

}  // namespace redis
