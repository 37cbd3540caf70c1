// format: what is printed of a message or an item: its payload and an end, or a JSON line.
#pragma once

#include <string>

#include "lib/queue/signal.h"
#include "lib/queue/work.h"
#include "tools/qwait/options.h"

namespace qwait {

// `merged`: how many it stands for.
std::string format(const Options& options, const queue::Message& message, uint64_t merged);
// `lease`: the item is held, and this settles it; else null.
std::string format(const Options& options, const queue::Item& item, const queue::Lease* lease);

}  // namespace qwait
