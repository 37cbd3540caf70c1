#include "tools/consoled/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include "lib/conf/map.h"
#include "tools/consoled/config_loggers.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::cat;
using base::Duration;
using conf::Map;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int64_t kApiPort = 12429, kConsolePort = 12430;
constexpr uint64_t kMiB = 1 << 20, kGiB = 1 << 30;

// Reads one file; a function for each of its sections, and one value after another.
class ConfigReader {
 public:
  ConfigReader(const conf::Value& root, Style style, std::span<const DriverKind* const> drivers,
               LoadedConfig& out)
      : root_(root, "", out.errors), style_(style), drivers_(drivers), out_(out), c_(out.config) {}

  void read();

 private:
  void remember(Map& map, const char* key, SaidPath::What what, const std::string& path);
  void global(Map map);
  void listener(Map& map, Face face, int64_t usual);
  void limits(Map& map, ConnectionLimits& limits);
  void api(Map map);
  void console(Map map);
  void connects(Map& map);
  void breaks(Map& map);
  void etcd(Map map);
  void sockets(Map map);
  void journal(Map map);
  void web(Map map);
  void driver_defaults(Map map);
  void driver_params(Map map, const DriverKind& kind);

  Map root_;
  Style style_;
  std::span<const DriverKind* const> drivers_;
  LoadedConfig& out_;
  Config& c_;
  std::string host_ = "127.0.0.1";
  conf::Place host_at_;
};

// Puts the value where it belongs, if there is one.
template <class Found, class T>
void take(const std::optional<Found>& value, T& into) {
  if (value) into = static_cast<T>(*value);
}

std::string path_or_none(const std::optional<std::string>& path) {
  return path && !path->empty() ? clean_path(*path) : "";
}

// As far as its text tells: the name of this machine is none.
bool loopback(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == 127;
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

// The page and congo cannot have the same port of one address.
bool ports_clash(const std::vector<TcpListener>& all) {
  if (all.size() < 2 || all[0].address.ends_with(":0")) return false;
  const auto host = [](const TcpListener& l) { return l.address.substr(0, l.address.rfind(':')); };
  const auto port = [](const TcpListener& l) { return l.address.substr(l.address.rfind(':')); };
  const auto any = [&](const TcpListener& l) {
    return host(l).empty() || host(l) == "0.0.0.0" || host(l) == "[::]";
  };
  return port(all[0]) == port(all[1]) &&
         (host(all[0]) == host(all[1]) || any(all[0]) || any(all[1]));
}

void ConfigReader::read() {
  global(root_.map("global"));
  api(root_.map("api"));
  console(root_.map("console"));
  etcd(root_.map("etcd"));
  sockets(root_.map("socket"));
  journal(root_.map("journal"));
  web(root_.map("web"));
  driver_defaults(root_.map("drivers"));
  root_.end();
  if (ports_clash(c_.listeners)) {
    const TcpListener& second = c_.listeners[1];
    out_.errors.add(second.at, "console.port: ", second.address, ": api.port has it already");
  }
}

void ConfigReader::remember(Map& map, const char* key, SaidPath::What what,
                            const std::string& path) {
  if (!map.has(key) || path.empty()) return;
  out_.paths.push_back({what, path, {map.at(key), map.path_of(key)}});
}

// Goconserver takes them in any letter case.
base::log::Level log_level(Map& map) {
  using Level = base::log::Level;
  std::string level = map.opt_string("log_level").value_or("info");
  for (char& c : level) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& [name, value] :
       {std::pair{"debug", Level::debug}, std::pair{"info", Level::info},
        std::pair{"warn", Level::warn}, std::pair{"warning", Level::warn},
        std::pair{"error", Level::error}, std::pair{"fatal", Level::error},
        std::pair{"panic", Level::error}}) {
    if (level == name) return value;
  }
  map.wrong("log_level", "one of debug, info, warn, error, fatal, panic");
  return Level::info;
}

void ConfigReader::global(Map map) {
  take(map.opt_string("host"), host_);
  if (map.has("host")) host_at_ = map.at("host");
  c_.tls = read_tls(map, "ssl_", out_.errors);
  c_.logfile = path_or_none(map.opt_string("logfile"));
  remember(map, "logfile", SaidPath::What::file, c_.logfile);
  c_.log_level = log_level(map);
  map.opt_int("worker", 0, 1'000'000);  // goconserver's threads: one loop does it here
  if (map.opt_word("storage_type", {"file", "etcd"}) == "etcd") {
    out_.errors.add(map.at("storage_type"),
                    "global.storage_type: etcd is not supported yet: say file");
  }
  map.end();
}

// The port and what stands beside it. "none" is for those who want none of goconserver's.
void ConfigReader::listener(Map& map, Face face, int64_t usual) {
  const bool anyone = map.opt_word("auth", {"none"}).has_value();
  const std::string host = map.opt_string("host").value_or(host_);
  const bool none = map.opt_string("port") == "none";
  const bool wanted = map.has("port") || style_ == Style::goconserver;
  if (none || !wanted) return;
  const int64_t port = map.opt_int("port", 0, 65535).value_or(usual);
  TcpListener one{face, host_port(host, port), anyone, map.at("port")};
  if (loopback(host) || c_.tls || anyone) {
    c_.listeners.push_back(std::move(one));
    return;
  }
  const conf::Place at = map.has("host") ? map.at("host") : host_at_;
  out_.left_out.add(at, one.address, ": not opened, since others than this machine could come: ",
                    "set global.ssl_key_file, ssl_cert_file and ssl_ca_cert_file, or, where ",
                    "everybody may do everything, ", map.path_of("auth"), ": none");
}

void ConfigReader::limits(Map& map, ConnectionLimits& limits) {
  take(map.opt_int("max_connections", 1, 1'000'000), limits.all);
  take(map.opt_int("max_per_address", 1, 1'000'000), limits.per_address);
}

void ConfigReader::api(Map map) {
  listener(map, Face::api, kApiPort);
  limits(map, c_.api_limits);
  take(seconds_or_zero(map, "http_timeout", seconds(1), hours(1), hours(1), out_.warnings),
       c_.http_timeout);
  c_.dist_dir = path_or_none(map.opt_string("dist_dir"));
  remember(map, "dist_dir", SaidPath::What::folder, c_.dist_dir);
  map.end();
}

void ConfigReader::console(Map map) {
  listener(map, Face::console, kConsolePort);
  limits(map, c_.console_limits);
  const std::string usual =
      style_ == Style::goconserver ? "/var/lib/goconserver" : base::paths::state() + "/consoled";
  c_.datadir = clean_path(map.opt_string("datadir").value_or(usual));
  remember(map, "datadir", SaidPath::What::made_folder, c_.datadir);
  take(map.opt_bool("log_timestamp"), c_.log_timestamp);
  const std::string precision =
      map.opt_word("time_precision", {"second", "millisecond", "microsecond", "nanosecond"})
          .value_or("microsecond");
  c_.time_digits = precision == "second"        ? 0
                   : precision == "millisecond" ? 3
                   : precision == "microsecond" ? 6
                                                : 9;
  take(map.opt_int("replay_lines", 0, 1'000'000), c_.replay_lines);
  take(seconds_or_zero(map, "client_timeout", seconds(1), hours(1), c_.client_timeout,
                       out_.warnings),
       c_.client_timeout);
  take(map.opt_size("history", 16 << 10, kGiB), c_.ring_bytes);
  take(map.opt_int("max_viewers", 1, 1'000'000), c_.viewers);
  connects(map);
  breaks(map);
  read_loggers(map.map("logger"), out_);
  // Its keys of earlier versions.
  for (const char* key : {"logdir", "rpcport"}) {
    if (map.opt_string(key)) out_.warnings.add(map.at(key), map.path_of(key), ": has no effect");
  }
  map.end();
}

void ConfigReader::connects(Map& map) {
  ConnectSettings& s = c_.connect;
  take(seconds_or_zero(map, "target_timeout", seconds(1), hours(1), s.timeout, out_.warnings),
       s.timeout);
  take(seconds_or_zero(map, "reconnect_interval", milliseconds(100), hours(24), milliseconds(100),
                       out_.warnings),
       s.first_wait);
  s.longest_wait = std::max(s.longest_wait, s.first_wait);
  take(map.opt_seconds("reconnect_max", s.first_wait, hours(24)), s.longest_wait);
  take(map.opt_int("max_connecting", 1, 100'000), s.at_once);
  take(map.opt_int("max_handshakes", 1, 1000), s.handshakes);
  take(map.opt_int("max_connecting_per_host", 1, 100'000), s.per_host);
  take(map.opt_seconds("host_interval", milliseconds(0), hours(1)), s.host_interval);
}

void ConfigReader::breaks(Map& map) {
  size_t n = 0;
  for (Map& one : map.maps("break_sequence")) {
    BreakSequence sequence;
    take(one.opt_string("sequence"), sequence.sequence);
    if (const auto ms = one.opt_int("delay", 0, 60'000)) sequence.delay = milliseconds(*ms);
    one.end();
    if (n == c_.breaks.size()) {
      out_.errors.add(one.at(), "console.break_sequence: more than ", n,
                      ": the keys are ^Ecl1 to ^Ecl9");
    }
    if (n < c_.breaks.size()) c_.breaks[n] = std::move(sequence);
    n++;
  }
}

// For clusters, later. Its keys are goconserver's, the misspelt ones too; they have no effect while
// storage_type is file, as there.
void ConfigReader::etcd(Map map) {
  for (const char* key :
       {"dail_timeout", "request_timeout", "service_heartbeat", "server_heartbeat"}) {
    map.opt_seconds(key, milliseconds(0), hours(24));
  }
  for (const char* key : {"endpoints", "prefix", "vhost"}) map.opt_string(key);
  map.opt_int("rpcport", 0, 65535);
  map.opt_bool("rpc_insucure");
  read_tls(map, "ssl_", out_.errors);
  read_tls(map, "rpc_client_", out_.errors);
  map.end();
}

void ConfigReader::sockets(Map map) {
  const std::string runtime = base::paths::runtime();
  UnixSockets& s = c_.sockets;
  s.path = clean_path(map.opt_string("path").value_or(runtime + "/consoled.sock"));
  remember(map, "path", SaidPath::What::socket, s.path);
  s.per_console_dir = clean_path(map.opt_string("dir").value_or(runtime + "/sock"));
  take(map.opt_bool("per_console"), s.per_console);
  // The system's folder lets in members of its group, and the sockets in it are for them.
  const bool systems = s.path.starts_with(cat(base::paths::kSystemRuntime, "/"));
  const std::string access =
      map.opt_word("access", {"user", "group", "all"}).value_or(systems ? "group" : "user");
  s.umask = access == "user" ? 0177 : access == "group" ? 0117 : 0111;
  map.end();
}

void ConfigReader::journal(Map map) {
  JournalSettings& j = c_.journal;
  take(map.opt_bool("enabled"), j.on);
  j.dir = clean_path(map.opt_string("dir").value_or(c_.datadir));
  remember(map, "dir", SaidPath::What::made_folder, j.dir);
  take(map.opt_size("rotate_size", 0, 1024 * kGiB), j.rotate_bytes);
  if (const auto age = map.opt_seconds("rotate_age", seconds(0), hours(24 * 3650))) {
    j.rotate_age = std::chrono::duration_cast<seconds>(*age);
  }
  take(map.opt_int("keep", 0, 999), j.keep);
  map.end();
}

void ConfigReader::web(Map map) {
  c_.web_dir = path_or_none(map.opt_string("dir"));
  remember(map, "dir", SaidPath::What::folder, c_.web_dir);
  map.end();
}

void ConfigReader::driver_params(Map map, const DriverKind& kind) {
  for (const std::string& name : map.keys()) {
    const Param* param = find_param(kind, name);
    if (param == nullptr) continue;  // end() names it
    const auto value = map.opt_string(name);
    if (param->secret) {
      out_.errors.add(map.at(name), map.path_of(name),
                      ": a secret does not belong here: say it in the node, or name a file");
    } else if (value) {
      const std::string driver(kind.name);
      c_.driver_defaults[driver][name] = *value;
      const Node one{cat("drivers.", driver), driver, {{name, *value}}, false, {}};
      if (auto good = check_values(kind, one); !good)
        out_.errors.add(map.at(name), good.error().what);
    }
  }
  // So that a misspelt one gets its hint.
  for (const Param& p : kind.params) map.opt_string(p.name);
  for (const Param& p : kCommonParams) map.opt_string(p.name);
  map.end();
}

void ConfigReader::driver_defaults(Map map) {
  for (const DriverKind* kind : drivers_) driver_params(map.map(kind->name), *kind);
  map.end();
}

std::string usual_file(Style style) {
  return style == Style::goconserver ? "/etc/goconserver/server.conf"
                                     : base::paths::config() + "/consoled.conf";
}

}  // namespace

LoadedConfig read_config(std::string_view text, const std::string& file, Style style,
                         std::span<const DriverKind* const> drivers) {
  LoadedConfig out(file);
  out.config.file = file;
  const auto root = conf::parse_yaml(text, out.errors);
  const conf::Value nothing;
  ConfigReader(root ? *root : nothing, style, drivers, out).read();
  return out;
}

LoadedConfig load_config(const std::string& file, Style style,
                         std::span<const DriverKind* const> drivers) {
  const std::string path = file.empty() ? usual_file(style) : file;
  const base::Result<std::string> text = base::read_regular(path, conf::kMaxFile);
  const bool missing = !text && text.error().code == base::Errc::not_found;
  LoadedConfig out = read_config(text ? *text : "", path, style, drivers);
  if (missing && file.empty()) out.config.file.clear();
  if (!text && !(missing && file.empty())) {
    const base::Error& e = text.error();
    out.errors.add({}, e.sys != 0 ? base::sys_text(e.sys) : e.what.substr(path.size() + 2));
  }
  return out;
}

Node with_defaults(Node node, const Config& config) {
  const auto found = config.driver_defaults.find(node.driver);
  if (found == config.driver_defaults.end()) return node;
  node.params.insert(found->second.begin(), found->second.end());
  return node;
}

base::Result<Config> pty_config(const std::string& host, int64_t port, bool anyone) {
  const std::string address = host_port(host, port);
  if (!loopback(host) && !anyone) {
    return base::error(base::Errc::usage, address, ": others than this machine could come: where ",
                       "everybody may do everything, say --auth none");
  }
  Config config;
  config.listeners.push_back({Face::api, address, anyone, {}});
  config.only = kPtyName;
  config.journal.on = false;
  return config;
}

}  // namespace consoled
