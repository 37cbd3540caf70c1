// Options of tlspipe. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/tls/context.h"

namespace tlspipe {

struct Options {
  std::string host;
  uint16_t port = 0;
  std::string name;  // whom the certificate must be for
  tls::Files files;
  std::chrono::milliseconds timeout{10000};  // until the handshake is done
};

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

}  // namespace tlspipe
