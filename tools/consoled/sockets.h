// sockets: every listening socket of the daemon, bound before anything is started: the two for
// clients (taken from systemd where it passed them), and the TCP ports of the configuration.
#pragma once

#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "tools/consoled/config.h"

namespace consoled {

struct Sockets {
  struct Port {
    base::Fd fd;
    TcpListener listener;  // with the port that it has, where any was asked for
  };
  base::Fd http, control;
  std::string http_file, control_file;  // to remove at the end; "" for none
  std::vector<Port> ports;
  // Whether anybody whom the files' mode lets in is served; else our own uid and root alone.
  bool any_uid = false;
};

// A unix socket for clients. A dead one with its name goes; busy: a live one has it.
base::Result<base::Fd> bind_unix(const std::string& path, unsigned umask);
// Whether the mode of the sockets' files lets in more than our own uid and root.
bool lets_others_in(const UnixSockets& sockets);

// One port; the error names it, and the line it stands in.
base::Result<Sockets::Port> bind_port(const Config& config, const TcpListener& listener);

// busy: another consoled has the name. An error of a port names it, and the line it stands in.
base::Result<Sockets> bind_sockets(const Config& config);

}  // namespace consoled
