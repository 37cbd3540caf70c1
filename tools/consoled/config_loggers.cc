#include "tools/consoled/config_loggers.h"

#include <algorithm>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/paths.h"
#include "lib/base/select.h"

namespace consoled {

using base::cat;
using base::Result;
using conf::Map;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

constexpr int64_t kListLength = 100'000;

bool has(const Config& config, Logger::Kind kind, const std::string& name) {
  return std::any_of(config.loggers.begin(), config.loggers.end(),
                     [&](const Logger& l) { return l.kind == kind && l.name == name; });
}

// What base::valid_name takes.
std::string clean_name(std::string name) {
  constexpr size_t kLongest = 120;  // and a number may come behind it
  if (name.size() > kLongest) name.resize(kLongest);
  for (char& c : name) {
    if (!base::valid_name(cat('x', c))) c = '_';
  }
  return base::valid_name(name) ? name : cat('_', name);
}

// Receivers keep their places by name; goconserver asks for none, and takes any.
std::string logger_name(Map& map, Logger::Kind kind, const std::string& usual, LoadedConfig& out) {
  const std::string given = map.opt_string("name").value_or("");
  const std::string clean = given.empty() ? usual : clean_name(given);
  std::string name = clean;
  for (int n = 2; has(out.config, kind, name); n++) name = cat(clean, '-', n);
  if (name == given) return name;
  const std::string_view why = given.empty()    ? "is missing"
                               : clean != given ? "is to be letters, digits and . _ -"
                                                : "is there twice";
  out.warnings.add(map.at("name"), map.path_of("name"), ": ", why, ": taken for ", name);
  return name;
}

Logger read_logger(Map& map, Logger::Kind kind, const std::string& usual, LoadedConfig& out) {
  Logger logger;
  logger.kind = kind;
  logger.name = logger_name(map, kind, usual, out);
  logger.origin = {map.at(), map.path()};
  if (kind == Logger::Kind::tcp || kind == Logger::Kind::udp) {
    const std::string host = map.need_string("host");
    map.need_string("port");
    logger.address = host_port(host, map.opt_int("port", 1, 65535).value_or(0));
  }
  if (kind != Logger::Kind::file) {
    constexpr auto kUsual = std::chrono::seconds(3);
    logger.timeout =
        seconds_or_zero(map, "timeout", milliseconds(100), hours(1), kUsual, out.warnings)
            .value_or(kUsual);
  }
  return logger;
}

std::string path_in(Map& map, const char* key) {
  const std::string path = map.need_string(key);
  return path.empty() ? path : clean_path(path);
}

// False: the logger is left out.
bool read_rest(Map& map, Logger& logger, LoadedConfig& out) {
  bool insecure = false;
  switch (logger.kind) {
    case Logger::Kind::file:
      logger.dir = path_in(map, "logdir");
      break;
    case Logger::Kind::tcp:
      logger.tls = read_tls(map, "ssl_", out.errors);
      insecure = map.opt_bool("ssl_insecure").value_or(false) && logger.tls;
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
  if (!insecure) return true;
  out.left_out.add(map.at("ssl_insecure"), map.path_of("ssl_insecure"),
                   ": the logger is left out: a receiver's certificate is always verified: name "
                   "its authority in ssl_ca_cert_file, and take this away");
  return false;
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
  size_t i = 0;
  for (const auto& [name, file] :
       {std::pair{"key_file", &files.key}, std::pair{"cert_file", &files.cert},
        std::pair{"ca_cert_file", &files.ca}}) {
    const std::string key = prefix + name;
    files.origins[i++] = {map.at(key), map.path_of(key)};
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

std::optional<base::Duration> seconds_or_zero(Map& map, std::string_view key, base::Duration min,
                                              base::Duration max, base::Duration zero,
                                              conf::Problems& warnings) {
  if (map.text_of(key) != "0") return map.opt_seconds(key, min, max);
  map.opt_string(key);
  const auto ms = std::chrono::duration_cast<milliseconds>(zero).count();
  warnings.add(map.at(key), map.path_of(key), ": 0: taken for ", ms % 1000 == 0 ? ms / 1000 : ms,
               ms % 1000 == 0 ? "" : "ms");
  return zero;
}

void read_loggers(Map map, LoadedConfig& out) {
  for (const auto& [key, kind] :
       {std::pair{"file", Logger::Kind::file}, std::pair{"tcp", Logger::Kind::tcp},
        std::pair{"udp", Logger::Kind::udp}, std::pair{"unix", Logger::Kind::unix},
        std::pair{"redis", Logger::Kind::redis}}) {
    size_t number = 0;
    for (Map& one : map.maps(key)) {
      Logger logger = read_logger(one, kind, cat(key, '-', ++number), out);
      const bool good = read_rest(one, logger, out);
      one.end();
      if (good) out.config.loggers.push_back(std::move(logger));
    }
  }
  map.end();
}

void leave_out_loggers(LoadedConfig& out, const std::function<Result<void>(const Logger&)>& why) {
  std::erase_if(out.config.loggers, [&](const Logger& logger) {
    const Result<void> good = why(logger);
    if (good) return false;
    out.left_out.add(logger.origin.at, logger.origin.key, ": left out: ", good.error().what);
    return true;
  });
}

void leave_out_loggers(LoadedConfig& out, const JournalSettings& journal) {
  leave_out_loggers(out, [&journal](const Logger& logger) -> Result<void> {
    if (!journal.on) {
      return base::error(base::Errc::bad_input,
                         "loggers read the journals, which are switched off (journal.enabled)");
    }
    if (logger.kind != Logger::Kind::file || logger.dir != journal.dir) return {};
    return base::error(base::Errc::bad_input, logger.dir,
                       ": the journals are there already, under the same names");
  });
}

}  // namespace consoled
