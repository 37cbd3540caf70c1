// attach: a connection to one job: through its control socket where there is one, else the plain
// data socket. Blocks until the daemon answered, ten seconds at most.
#pragma once

#include <optional>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/peer/join.h"
#include "lib/pty/pty.h"
#include "tools/ptyattach/find.h"
#include "tools/ptyattach/options.h"

namespace ptyattach {

struct Attached {
  base::Fd stream;      // bytes both ways, non-blocking
  base::Fd control;     // for resize; none on a plain socket
  peer::Joined joined;  // viewer 0: a plain socket, where no place is known
};

// `raw`: keys pass as they come. `size`: of our terminal, where there is one.
base::Result<Attached> attach(const Found& job, const Options& options, bool raw, bool readonly,
                              std::optional<pty::Size> size);

// After the job's side ended the connection: what is wrong, for a person; empty when the job has
// ended as jobs do.
std::string after_the_end(const Found& job);

// "EPOCH:OFFSET[:RUN]", for --from.
std::string text(const peer::Place& place);

// Tells the daemon a new window size; errors do not matter.
void send_size(const Attached& to, pty::Size size);

}  // namespace ptyattach
