// config_loggers: the receivers of console output in the configuration: console.logger.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/conf/map.h"
#include "tools/consoled/config.h"

namespace consoled {

// Adds them to the configuration. One without a name, or with the name of another, gets one.
void read_loggers(conf::Map map, LoadedConfig& out);
// Those that cannot be with such journals: they read them.
void leave_out_loggers(LoadedConfig& out, const JournalSettings& journal);
// All those of which `why` has something to say.
void leave_out_loggers(LoadedConfig& out,
                       const std::function<base::Result<void>(const Logger&)>& why);

// As opt_seconds; 0, which goconserver takes, is `zero`, and a warning says so.
std::optional<base::Duration> seconds_or_zero(conf::Map& map, std::string_view key,
                                              base::Duration min, base::Duration max,
                                              base::Duration zero, conf::Problems& warnings);

// ssl_key_file and its like in a map, under `prefix` ("ssl_", "rpc_client_"); two of the three are
// a mistake.
TlsFiles read_tls(conf::Map& map, const std::string& prefix, conf::Problems& problems);

// Absolute, without a slash at its end; @name as it is.
std::string clean_path(std::string path);

// "127.0.0.1:12429", "[::1]:12429"
std::string host_port(const std::string& host, int64_t port);

}  // namespace consoled
