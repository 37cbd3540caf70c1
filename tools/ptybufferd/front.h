// front: the sockets of the daemon, bound before anything is started: the data socket and, beside
// it, the one for commands. Taken from systemd where it passed some (first data, then commands).
#pragma once

#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "tools/ptybufferd/options.h"

namespace ptybufferd {

struct Sockets {
  base::Fd data, control;               // either may be missing
  std::string data_file, control_file;  // to remove at the end; "" for none
  bool data_any_uid = true;             // the file's mode decides who may connect
  bool control_any_uid = true;
};

// busy: a live job has the name. denied: a listener beyond loopback without --auth none.
base::Result<Sockets> bind_sockets(const Options& options);

}  // namespace ptybufferd
