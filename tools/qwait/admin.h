// admin: one question or order about a queue, and its answer: what --hold's items become, what is
// in a queue, the dead letters, the names of all queues.
#pragma once

#include "lib/net/loop.h"
#include "lib/queue/session.h"
#include "tools/qwait/options.h"

namespace qwait {

// The status for exit(3).
int administer(net::Loop& loop, const Options& options, queue::Place place);

}  // namespace qwait
