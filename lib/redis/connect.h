// connect: a Connect for a Target: a unix socket, a numeric address; a name through
// libexec/lineman/resolve, TLS through libexec/lineman/tlspipe, each a process of its own, so that
// nothing blocks and nobody links OpenSSL for it.
#pragma once

#include "lib/redis/client.h"
#include "lib/redis/url.h"

namespace redis {

Connect connector(const Target& target);
Login login_of(const Target& target);

}  // namespace redis
