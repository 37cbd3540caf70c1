// join: the other end of "attach": a connection to a control socket becomes a viewer's stream, and
// says where in it one is. Blocks until the daemon answered.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/wire/json.h"

namespace peer {

// Where one is in a stream. The numbers of one epoch are no other's; run: the start of the daemon
// that they were counted in, 0 where that makes no difference.
struct Place {
  int64_t epoch = 0;
  uint64_t offset = 0;
  int64_t run = 0;
};
// As "from" has it.
wire::Json from_place(const Place& place);

struct Joined {
  int64_t viewer = 0;    // our number there
  Place at;              // of the first byte that comes
  uint64_t head = 0;     // up to here it is history
  uint64_t skipped = 0;  // bytes that were asked for and are gone
  uint64_t again = 0;    // so many of the first bytes of the stream one has seen before
  bool framed = false;   // what comes is for a net::Unframer
  std::string first;     // what came with the answer
};

// `request`: the arguments of "attach" (ptybufferd(8), CONTROL SOCKET). An older daemon, which has
// no frames, is asked without them.
base::Result<Joined> join(int fd, wire::Json request, base::Time deadline);

}  // namespace peer
