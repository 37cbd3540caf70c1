// connect: from HOST and PORT to a verified TLS session, before the deadline. Blocks: this process
// has nothing else to do.
#pragma once

#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/tls/context.h"
#include "lib/tls/session.h"
#include "tools/tlspipe/options.h"

namespace tlspipe {

// Tries all addresses of the host in turn, but no other one after a handshake that failed: who
// answers with the wrong certificate is to be looked into, not got round. Errors name host, port
// and, where there are several, the address.
base::Result<tls::Session> connect(const Options& options, const tls::Context& context,
                                   base::Time deadline);

}  // namespace tlspipe
