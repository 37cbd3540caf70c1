#include <string_view>

#include "tools/consoled/config.h"

namespace consoled {

ConfigChanges compare(const Config& old, const Config& next) {
  ConfigChanges out;
  // What is made once, at the start: the database, the files, the sockets.
  const auto restart = [&](bool same, std::string_view keys) {
    if (!same) out.restart.emplace_back(keys);
  };
  const auto apply = [&](bool same, std::string_view keys) {
    if (!same) out.applied.emplace_back(keys);
  };
  restart(old.datadir == next.datadir, "console.datadir");
  restart(old.journal.dir == next.journal.dir, "journal.dir");
  restart(old.journal.on == next.journal.on, "journal.enabled");
  restart(old.sockets.path == next.sockets.path && old.sockets.umask == next.sockets.umask,
          "socket.path, access");
  restart(static_cast<bool>(old.tls) == static_cast<bool>(next.tls),
          "TLS at all: global.ssl_key_file, ssl_cert_file, ssl_ca_cert_file");
  restart(old.dist_dir == next.dist_dir, "api.dist_dir");
  restart(old.web_dir == next.web_dir, "web.dir");
  restart(old.connect.handshakes == next.connect.handshakes, "console.max_handshakes");
  const bool to_stderr = next.logfile.empty();
  restart(old.logfile == next.logfile || !to_stderr, "global.logfile");
  apply(old.logfile == next.logfile || to_stderr, "global.logfile");
  apply(old.listeners == next.listeners, "host, port and auth of api and console");
  apply(old.tls == next.tls || !old.tls || !next.tls,
        "global.ssl_key_file, ssl_cert_file, ssl_ca_cert_file");
  apply(old.loggers == next.loggers, "console.logger");
  apply(old.sockets.per_console == next.sockets.per_console &&
            old.sockets.per_console_dir == next.sockets.per_console_dir,
        "socket.per_console, dir");
  apply(old.log_level == next.log_level, "global.log_level");
  apply(old.api_limits == next.api_limits && old.console_limits == next.console_limits,
        "max_connections, max_per_address");
  apply(old.http_timeout == next.http_timeout, "api.http_timeout");
  apply(old.client_timeout == next.client_timeout, "console.client_timeout");
  apply(old.ring_bytes == next.ring_bytes, "console.history (of consoles that begin from now on)");
  apply(old.viewers == next.viewers, "console.max_viewers");
  apply(old.replay_lines == next.replay_lines, "console.replay_lines");
  apply(old.log_timestamp == next.log_timestamp && old.time_digits == next.time_digits,
        "console.log_timestamp, time_precision");
  ConnectSettings connect = next.connect;
  connect.handshakes = old.connect.handshakes;
  apply(old.connect == connect, "console.target_timeout, reconnect_interval and their like");
  apply(old.breaks == next.breaks, "console.break_sequence");
  apply(old.driver_defaults == next.driver_defaults, "drivers");
  const JournalSettings &a = old.journal, &b = next.journal;
  apply(a.rotate_bytes == b.rotate_bytes && a.rotate_age == b.rotate_age && a.keep == b.keep,
        "journal.rotate_size, rotate_age, keep (of consoles that begin from now on)");
  return out;
}

}  // namespace consoled
