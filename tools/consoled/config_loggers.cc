#include "tools/consoled/config_loggers.h"

#include <algorithm>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/paths.h"

namespace consoled {

using base::cat;
using conf::Map;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

constexpr int64_t kListLength = 100'000;

Logger read_logger(Map& map, Logger::Kind kind) {
  Logger logger;
  logger.kind = kind;
  logger.name = map.need_string("name");
  if (kind == Logger::Kind::tcp || kind == Logger::Kind::udp) {
    const std::string host = map.need_string("host");
    map.need_string("port");
    logger.address = host_port(host, map.opt_int("port", 1, 65535).value_or(0));
  }
  if (kind != Logger::Kind::file) {
    logger.timeout =
        map.opt_seconds("timeout", milliseconds(100), hours(1)).value_or(std::chrono::seconds(3));
  }
  return logger;
}

std::string path_in(Map& map, const char* key) {
  const std::string path = map.need_string(key);
  return path.empty() ? path : clean_path(path);
}

void read_rest(Map& map, Logger& logger, conf::Problems& problems) {
  switch (logger.kind) {
    case Logger::Kind::file:
      logger.dir = path_in(map, "logdir");
      break;
    case Logger::Kind::tcp:
      logger.tls = read_tls(map, "ssl_", problems);
      logger.insecure = map.opt_bool("ssl_insecure").value_or(false);
      break;
    case Logger::Kind::udp:
      logger.single = map.opt_bool("one_per_datagram").value_or(false);
      break;
    case Logger::Kind::unix:
      logger.address = path_in(map, "path");
      break;
    case Logger::Kind::redis:
      logger.url = map.opt_string("url").value_or("");
      logger.list = map.opt_string("list").value_or(logger.name);
      logger.length =
          static_cast<uint64_t>(map.opt_int("length", 1, 1'000'000'000).value_or(kListLength));
      break;
  }
}

}  // namespace

std::string clean_path(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.starts_with('@') ? path : base::paths::absolute(path);
}

std::string host_port(const std::string& host, int64_t port) {
  const bool colons = host.find(':') != std::string::npos && !host.starts_with('[');
  return cat(colons ? "[" : "", host, colons ? "]:" : ":", port);
}

TlsFiles read_tls(Map& map, const std::string& prefix, conf::Problems& problems) {
  TlsFiles files;
  size_t set = 0;
  std::string given, missing;
  for (const auto& [name, file] :
       {std::pair{"key_file", &files.key}, std::pair{"cert_file", &files.cert},
        std::pair{"ca_cert_file", &files.ca}}) {
    const std::string key = prefix + name;
    const auto path = map.opt_string(key);
    if (path && !path->empty()) {
      *file = base::paths::absolute(*path);
      set++;
      given = key;
    } else {
      missing = key;
    }
  }
  if (set == 0 || set == 3) return files;
  problems.add(map.at(given), map.path_of(missing), ": is missing: TLS needs ", prefix,
               "key_file, ", prefix, "cert_file and ", prefix, "ca_cert_file");
  return {};
}

std::vector<Logger> read_loggers(Map map, conf::Problems& problems) {
  std::vector<Logger> all;
  for (const auto& [key, kind] :
       {std::pair{"file", Logger::Kind::file}, std::pair{"tcp", Logger::Kind::tcp},
        std::pair{"udp", Logger::Kind::udp}, std::pair{"unix", Logger::Kind::unix},
        std::pair{"redis", Logger::Kind::redis}}) {
    for (Map& one : map.maps(key)) {
      Logger logger = read_logger(one, kind);
      read_rest(one, logger, problems);
      one.end();
      // Receivers keep their places by name.
      const bool twice = std::any_of(all.begin(), all.end(), [&](const Logger& other) {
        return other.kind == logger.kind && other.name == logger.name;
      });
      if (twice) problems.add(one.at("name"), one.path_of("name"), ": is there twice");
      all.push_back(std::move(logger));
    }
  }
  map.end();
  return all;
}

}  // namespace consoled
