// connect: a Connect for a Target: a unix socket, a numeric address; a name through
// libexec/lineman/resolve, TLS through libexec/lineman/tlspipe, each a process of its own, so that
// nothing blocks and nobody links OpenSSL for it.
#pragma once

#include <string>

#include "lib/redis/client.h"
#include "lib/redis/url.h"

namespace redis {

// A copy of a Connect is another's way: each client has its own.
Connect connector(const Target& target);
// To the embedded server (embedded.h), which is started where it does not run. `socket` is
// redis.sock in the runtime folder.
Connect embedded_connector(const std::string& socket);
Login login_of(const Target& target);

}  // namespace redis
