// config: what consoled is told in its file, as a plain value: goconserver's server.conf, or our
// own consoled.conf, which has the same keys (consoled.conf(5)).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/conf/yaml.h"
#include "tools/consoled/drivers.h"

namespace consoled {

// Where something stands in the file, for messages: it is the same thing wherever it stands.
struct Origin {
  conf::Place at;
  std::string key;  // "console.logger.tcp[0]"
  bool operator==(const Origin&) const { return true; }
};

// The three files of TLS; all are set, or none is.
struct TlsFiles {
  std::string key, cert, ca;
  std::array<Origin, 3> origins = {};
  explicit operator bool() const { return !key.empty(); }
  bool operator==(const TlsFiles&) const = default;
};

// The ports of goconserver: REST and web (12429), congo's consoles (12430).
enum class Face { api, console };

inline constexpr std::string_view kPtyName = "pty";  // the console of --pty

struct TcpListener {
  Face face = Face::api;
  std::string address;  // "127.0.0.1:12429", for net::tcp_address
  bool anyone = false;  // `auth: none` stands beside it
  conf::Place at;       // of its port in the file; line 0: it is a default

  bool operator==(const TcpListener& other) const {
    return face == other.face && address == other.address && anyone == other.anyone;
  }
};

// How many connections a listener takes, at once.
struct ConnectionLimits {
  size_t all = 1024;
  size_t per_address = 128;
  bool operator==(const ConnectionLimits&) const = default;
};

struct UnixSockets {
  std::string path;             // HTTP; commands on the same name with .ctl; "": none
  unsigned umask = 0177;        // who may connect
  bool per_console = false;     // also FOLDER/NAME.sock and .ctl, raw
  std::string per_console_dir;  // the FOLDER
  bool operator==(const UnixSockets&) const = default;
};

struct JournalSettings {
  bool on = true;
  std::string dir;   // NAME.log in it
  std::string file;  // of --pty: this one instead, that is only appended to; "": none
  uint64_t rotate_bytes = 16 << 20;
  std::chrono::seconds rotate_age{0};  // 0: never
  unsigned keep = 4;
  bool operator==(const JournalSettings&) const = default;
};

// When and how often targets are tried.
struct ConnectSettings {
  base::Duration timeout = std::chrono::seconds(30);            // for one attempt
  base::Duration first_wait = std::chrono::seconds(5);          // after a failure; doubles up to
  base::Duration longest_wait = std::chrono::seconds(60);       // this
  size_t at_once = 64;                                          // attempts, in all
  size_t handshakes = 8;                                        // of these, by ssh
  size_t per_host = 2;                                          // of these, to one host
  base::Duration host_interval = std::chrono::milliseconds(0);  // between two to one host
  bool operator==(const ConnectSettings&) const = default;
};

struct BreakSequence {
  std::string sequence = "~B";
  std::chrono::milliseconds delay{250};
  bool operator==(const BreakSequence&) const = default;
};

// Where console output goes besides the journal.
struct Logger {
  enum class Kind { file, tcp, udp, unix, redis };
  Kind kind = Kind::file;
  std::string name;
  std::string dir;      // file: NODE.log in it
  std::string address;  // tcp, udp: host:port; unix: path
  std::string url;      // redis; "": LINEMAN_REDIS, redis.url, or the embedded one
  std::string list;     // redis: lineman:{log.LIST}
  uint64_t length = 0;  // redis: of the list, at most
  base::Duration timeout = std::chrono::seconds(3);
  TlsFiles tls;         // tcp
  bool single = false;  // udp: one record per datagram
  Origin origin = {};
  bool operator==(const Logger&) const = default;
};

struct Config {
  std::string file;  // "": there was none

  std::string logfile;  // of the daemon; "": stderr
  base::log::Level log_level = base::log::Level::info;
  std::string datadir;  // consoled.db, nodes.json; "": no nodes but the one of --pty
  std::string only;     // the console of --pty, for whoever comes; "": another way of running

  std::vector<TcpListener> listeners;  // those that may be opened
  TlsFiles tls;                        // of both
  ConnectionLimits api_limits, console_limits;
  UnixSockets sockets;

  base::Duration http_timeout = std::chrono::seconds(10);
  std::string dist_dir;  // goconserver's page, which switches /session on; "": none
  std::string web_dir;   // our own page from disk; "": the one that is built in

  base::Duration client_timeout = std::chrono::seconds(30);
  size_t ring_bytes = 256 << 10;  // of one console, at most
  size_t viewers = 64;            // of one console, at most
  size_t replay_lines = 30;
  bool log_timestamp = true;  // in what loggers write
  unsigned time_digits = 6;   // of a second, in the records of tcp and udp: 0, 3, 6, 9
  ConnectSettings connect;
  std::array<BreakSequence, 9> breaks;
  // Driver, parameter, value: for nodes that do not say.
  std::map<std::string, std::map<std::string, std::string>> driver_defaults;

  JournalSettings journal;
  std::vector<Logger> loggers;
};

// Whose defaults count for what the file does not say: goconserver's (its datadir, both ports on
// 127.0.0.1) or our own (base::paths, no TCP port).
enum class Style { own, goconserver };

// A path that the file says, for config_files.h to look at.
struct SaidPath {
  enum class What { file, folder, made_folder, socket } what = What::file;
  std::string path;
  Origin origin;
};

struct LoadedConfig {
  Config config;
  std::vector<SaidPath> paths;
  conf::Problems errors;    // not empty: do not start with it
  conf::Problems left_out;  // listeners and loggers that are, and what to do about it
  conf::Problems warnings;  // what is taken for something else than it says

  explicit LoadedConfig(const std::string& file) : errors(file), left_out(file), warnings(file) {}
};

// Pure, but for the environment and user that base::paths asks for its folders. Loggers are all
// there: which of them can be depends on the journals (config_loggers.h) and files
// (config_files.h).
LoadedConfig read_config(std::string_view text, const std::string& file, Style style,
                         std::span<const DriverKind* const> drivers);
// Of a file, which must be there; "": the usual one of that style, which need not be. Reads the
// disk: for the start, and for a reload.
LoadedConfig load_config(const std::string& file, Style style,
                         std::span<const DriverKind* const> drivers);

// The node as its driver sees it: with what the configuration says for its driver where it says
// nothing itself.
Node with_defaults(Node node, const Config& config);

// --pty: one listener for HTTP on the address, one console, no file and no database. usage: others
// than this machine could come, and `anyone` is not said.
base::Result<Config> pty_config(const std::string& host, int64_t port, bool anyone);

// What a reload with `next` means, by key: what can be applied, and what only a restart does.
struct ConfigChanges {
  std::vector<std::string> applied;
  std::vector<std::string> restart;
};
ConfigChanges compare(const Config& old, const Config& next);

}  // namespace consoled
