// config_loggers: the receivers of console output in the configuration: console.logger.
#pragma once

#include <string>
#include <vector>

#include "lib/conf/map.h"
#include "tools/consoled/config.h"

namespace consoled {

std::vector<Logger> read_loggers(conf::Map map, conf::Problems& problems);

// ssl_key_file and its like in a map, under `prefix` ("ssl_", "rpc_client_"); two of the three are
// a mistake.
TlsFiles read_tls(conf::Map& map, const std::string& prefix, conf::Problems& problems);

// Absolute, without a slash at its end; @name as it is.
std::string clean_path(std::string path);

// "127.0.0.1:12429", "[::1]:12429"
std::string host_port(const std::string& host, int64_t port);

}  // namespace consoled
