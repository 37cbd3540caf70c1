// sync: one command and its answer, for a program that has nothing else to do meanwhile. Blocks
// until then, at most until the deadline.
#pragma once

#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/redis/client.h"
#include "lib/redis/url.h"

namespace redis {

// Connects, logs in, asks once. A server that is loading its data is waited for; any other failure
// ends it at once. `closed`: the command went out, and whether it was done is unknown.
base::Result<Reply> ask(const Target& target, const std::vector<std::string_view>& argv,
                        base::Time deadline);

}  // namespace redis
