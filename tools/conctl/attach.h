// attach: a viewer's place at one console: over the control socket as a raw stream, with a
// connection for commands beside it; or over goconserver's console port, in frames. Blocks until
// the daemon answered.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/peer/join.h"
#include "lib/pty/pty.h"
#include "tools/conctl/link.h"

namespace conctl {

struct Wanted {
  std::string control;  // the control socket
  std::string console;
  bool readonly = false;
  std::optional<pty::Size> size;
  std::optional<peer::Place> from;  // null: the last lines
  bool now = false;                 // nothing of what was before
};

struct Attached {
  base::Fd stream;             // non-blocking
  bool port = false;           // in the frames of the console port, which tells no place
  std::unique_ptr<Link> link;  // what the stream needs to live
  peer::Joined joined;         // of the console port, what came with the answer alone
};

base::Result<Attached> attach(const Wanted& wanted, base::Time deadline);

// On the console port that the environment names, or the one it sends us to. denied: the server's
// own words why not.
base::Result<Attached> attach_port(const Options& options, const std::string& console,
                                   base::Time deadline);

// One command and its answer, on a connection of its own.
base::Result<nlohmann::json> command(const std::string& control, const nlohmann::json& request,
                                     base::Time deadline);

}  // namespace conctl
