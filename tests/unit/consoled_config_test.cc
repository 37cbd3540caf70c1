#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/consoled_help.h"
#include "tests/unit/help.h"
#include "tools/consoled/config.h"
#include "tools/consoled/config_loggers.h"
#include "tools/consoled/drivers.h"

using consoled::Config;
using consoled::Face;
using consoled::LoadedConfig;
using consoled::Logger;
using consoled::Style;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

namespace {

LoadedConfig read(const std::string& text, Style style = Style::goconserver) {
  return consoled::read_config(text, "server.conf", style, help::kKinds);
}

// What stands between .Bd and .Ed in the EXAMPLES of a page, as in helper.bash.
std::string manual_examples(const std::string& page) {
  std::string text = help::text("man/" + page), out;
  text.erase(0, text.find(".Sh EXAMPLES"));
  for (size_t at = text.find("\n.Bd"); at != std::string::npos; at = text.find("\n.Bd", at)) {
    at = text.find('\n', at + 1) + 1;
    out += text.substr(at, text.find("\n.Ed", at) + 1 - at);
  }
  for (size_t at = 0; (at = out.find("\\e", at)) != std::string::npos; at++)
    out.replace(at, 2, "\\");
  return out;
}

// Where base::paths finds nothing but these.
struct Places {
  help::Variable runtime{"LINEMAN_RUNTIME", "/r"}, state{"LINEMAN_STATE", "/s"},
      config{"LINEMAN_CONFIG", "/c"};
};

Lines addresses(const Config& c) {
  Lines all;
  for (const auto& l : c.listeners) all.push_back(l.address);
  return all;
}

}  // namespace

TEST_CASE("config: an empty server.conf means goconserver's defaults") {
  const LoadedConfig r = read("");
  CHECK(r.errors.empty());
  CHECK(r.left_out.empty());
  const Config& c = r.config;
  CHECK(addresses(c) == Lines{"127.0.0.1:12429", "127.0.0.1:12430"});
  CHECK(c.listeners[0].face == Face::api);
  CHECK(c.listeners[1].face == Face::console);
  CHECK(c.datadir == "/var/lib/goconserver");
  CHECK(c.journal.dir == "/var/lib/goconserver");
  CHECK(c.http_timeout == seconds(10));
  CHECK(c.client_timeout == seconds(30));
  CHECK(c.connect.timeout == seconds(30));
  CHECK(c.connect.first_wait == seconds(5));
  CHECK(c.replay_lines == 30);
  CHECK(c.log_timestamp);
  CHECK(c.time_digits == 6);
  CHECK(c.breaks[8].sequence == "~B");
  CHECK(c.breaks[8].delay == milliseconds(250));
  CHECK(c.loggers.empty());
  CHECK(c.logfile.empty());
}

TEST_CASE("config: without a file there is no TCP port, and our own folders") {
  const Places places;
  const LoadedConfig r = consoled::load_config("", Style::own, help::kKinds);
  CHECK(r.errors.empty());
  CHECK(r.config.file.empty());
  CHECK(r.config.listeners.empty());
  CHECK(r.config.datadir == "/s/consoled");
  CHECK(r.config.sockets.path == "/r/consoled.sock");
  CHECK(r.config.sockets.per_console_dir == "/r/sock");
  CHECK(r.config.sockets.umask == 0177);
  CHECK(addresses(read("api: {port: 8080}\n", Style::own).config) == Lines{"127.0.0.1:8080"});
}

TEST_CASE("config: every key of goconserver's is taken, the misspelt ones too") {
  const LoadedConfig r = read(R"(
global:
  host: 127.0.0.2
  ssl_key_file: /k
  ssl_cert_file: /c
  ssl_ca_cert_file: /ca
  logfile: /var/log/goconserver/server.log
  log_level: warn
  worker: 4
  storage_type: file
api:
  port: "12439"
  http_timeout: 5
  dist_dir: /usr/share/web/
console:
  port: 12440
  datadir: /data/
  log_timestamp: false
  time_precision: nanosecond
  replay_lines: 50
  client_timeout: 3
  target_timeout: 4
  reconnect_interval: 10
  logger:
    file:
      - name: default
        logdir: /var/log/goconserver/nodes/
    tcp:
      - {name: t, host: "::1", port: 9653, timeout: 2, ssl_key_file: /k, ssl_cert_file: /c, ssl_ca_cert_file: /ca, ssl_insecure: false}
    udp:
      - {name: u, host: 10.0.0.1, port: "512", timeout: 1}
  break_sequence:
    - {sequence: "~B", delay: 600}
    - {sequence: '+\d+\d+', delay: 250}
etcd:
  dail_timeout: 5
  request_timeout: 2
  endpoints: 127.0.0.1:2379
  service_heartbeat: 30
  server_heartbeat: 30
  prefix: goconserver
  ssl_key_file: /k
  ssl_cert_file: /c
  ssl_ca_cert_file: /ca
  vhost: v
  rpcport: 12431
  rpc_client_key_file: /k
  rpc_client_cert_file: /c
  rpc_client_ca_cert_file: /ca
  rpc_insucure: true
)");
  CHECK(r.errors.lines() == Lines{});
  const Config& c = r.config;
  CHECK(addresses(c) == Lines{"127.0.0.2:12439", "127.0.0.2:12440"});
  CHECK(c.tls == consoled::TlsFiles{"/k", "/c", "/ca"});
  CHECK(c.logfile == "/var/log/goconserver/server.log");
  CHECK(c.log_level == base::log::Level::warn);
  CHECK(c.dist_dir == "/usr/share/web");
  CHECK(c.datadir == "/data");
  CHECK_FALSE(c.log_timestamp);
  CHECK(c.time_digits == 9);
  CHECK(c.connect.timeout == seconds(4));
  CHECK(c.connect.first_wait == seconds(10));
  REQUIRE(c.loggers.size() == 3);
  CHECK(c.loggers[0].dir == "/var/log/goconserver/nodes");
  CHECK(c.loggers[1].address == "[::1]:9653");
  CHECK(c.loggers[1].timeout == seconds(2));
  CHECK(bool(c.loggers[1].tls));
  CHECK(c.loggers[2].kind == Logger::Kind::udp);
  CHECK(c.loggers[2].address == "10.0.0.1:512");
  CHECK(c.breaks[0].delay == milliseconds(600));
  CHECK(c.breaks[1].sequence == "+\\d+\\d+");
  CHECK(c.breaks[2].sequence == "~B");
}

TEST_CASE("config: our own keys stand beside them") {
  const Places places;
  const LoadedConfig r = read(R"(
api: {port: none, max_connections: 9, max_per_address: 3}
console:
  host: ::1
  history: 64K
  max_viewers: 5
  reconnect_interval: 0.5
  reconnect_max: 2m
  max_connecting: 7
  max_handshakes: 3
  max_connecting_per_host: 1
  host_interval: 100ms
  logger:
    unix: [{name: s, path: /run/sinkd.sock}]
    redis: [{name: r, url: "redis://h", length: 10}]
    udp: [{name: u, host: h, port: 1, one_per_datagram: yes}]
socket: {path: /run/lineman/c.sock, per_console: true, dir: /run/lineman/sock}
journal: {rotate_size: 1M, rotate_age: 7d, keep: 2, dir: /j}
web: {dir: /w}
drivers: {ssh: {host_key_check: strict}, cmd: {env: A=1}}
)");
  CHECK(r.errors.lines() == Lines{});
  const Config& c = r.config;
  CHECK(addresses(c) == Lines{"[::1]:12430"});
  CHECK(c.api_limits == consoled::ConnectionLimits{9, 3});
  CHECK(c.ring_bytes == 65536);
  CHECK(c.viewers == 5);
  CHECK(c.connect.first_wait == milliseconds(500));
  CHECK(c.connect.longest_wait == seconds(120));
  CHECK(c.connect.at_once == 7);
  CHECK(c.connect.handshakes == 3);
  CHECK(c.connect.per_host == 1);
  CHECK(c.connect.host_interval == milliseconds(100));
  CHECK(c.sockets.umask == 0117);
  CHECK(c.sockets.per_console);
  CHECK(c.journal.rotate_bytes == 1 << 20);
  CHECK(c.journal.rotate_age == std::chrono::hours(168));
  CHECK(c.journal.keep == 2);
  CHECK(c.journal.dir == "/j");
  CHECK(c.web_dir == "/w");
  CHECK(c.driver_defaults.at("ssh").at("host_key_check") == "strict");
  REQUIRE(c.loggers.size() == 3);
  CHECK(c.loggers[0].single);
  CHECK(c.loggers[1].address == "/run/sinkd.sock");
  CHECK(c.loggers[2].list == "r");
  CHECK(c.loggers[2].length == 10);
}

TEST_CASE("config: a listener for others than this machine needs TLS, or the word of its owner") {
  const std::string open = "global:\n  host: 0.0.0.0\n";
  const LoadedConfig r = read(open + "api:\n  port: 1\nconsole:\n  port: 2\n  auth: none\n");
  CHECK(r.errors.empty());
  CHECK(addresses(r.config) == Lines{"0.0.0.0:2"});
  CHECK(r.config.listeners[0].anyone);
  CHECK(r.left_out.lines() ==
        Lines{"server.conf:2:9: 0.0.0.0:1: not opened, since others than this machine could come: "
              "set global.ssl_key_file, ssl_cert_file and ssl_ca_cert_file, or, where everybody "
              "may do everything, api.auth: none"});
  const std::string tls = "  ssl_key_file: /k\n  ssl_cert_file: /c\n  ssl_ca_cert_file: /a\n";
  CHECK(addresses(read(open + tls).config) == Lines{"0.0.0.0:12429", "0.0.0.0:12430"});
  struct Case {
    std::string host;
    bool opened;
  };
  for (const Case& c : std::vector<Case>{{"127.3.2.1", true},
                                         {"localhost", true},
                                         {"\"::1\"", true},
                                         {"\"::\"", false},
                                         {"10.0.0.1", false},
                                         {"localhost.example.org", false},
                                         {"127.0.0.1.example.org", false},
                                         {"\"\"", false}}) {
    CAPTURE(c.host);
    const LoadedConfig one = read("api: {port: none}\nconsole: {host: " + c.host + "}\n");
    CHECK(one.config.listeners.size() == (c.opened ? 1 : 0));
    CHECK(one.left_out.empty() == c.opened);
  }
}

TEST_CASE("config: all that is wrong is said at once, by line") {
  const LoadedConfig r = read(R"(global:
  log_levle: debug
  ssl_key_file: /k
  storage_type: etcd
api:
  port: 070
console:
  time_precision: week
  reconnect_interval: 60
  reconnect_max: 5
  port: 12429
  logger:
    file:
      - {name: a}
    udp:
      - {port: 1}
  break_sequence: [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}]
journal:
  keep: x
drivers:
  ssh:
    password: x
    host_key_chekc: off
  smtp: {}
)");
  CHECK(
      r.errors.lines() ==
      Lines{
          "server.conf:2:3: global.log_levle: no such key; did you mean log_level?",
          "server.conf:3:17: global.ssl_ca_cert_file: is missing: TLS needs ssl_key_file, "
          "ssl_cert_file and ssl_ca_cert_file",
          "server.conf:4:17: global.storage_type: etcd is not supported yet: say file",
          "server.conf:6:9: api.port: expected a whole number from 0 to 65535, got \"070\"",
          "server.conf:8:19: console.time_precision: expected one of second, millisecond, "
          "microsecond, nanosecond, got \"week\"",
          "server.conf:10:18: console.reconnect_max: expected seconds from 60 to 86400 (or "
          "500ms, 2m, 1h, 7d), got \"5\"",
          "server.conf:11:9: console.port: 127.0.0.1:12429: api.port has it already",
          "server.conf:14:9: console.logger.file[0].logdir: is missing",
          "server.conf:16:9: console.logger.udp[0].host: is missing",
          "server.conf:17:56: console.break_sequence: more than 9: the keys are ^Ecl1 to ^Ecl9",
          "server.conf:19:9: journal.keep: expected a whole number from 0 to 999, got \"x\"",
          "server.conf:22:15: drivers.ssh.password: a secret does not belong here: say it in "
          "the node, or name a file",
          "server.conf:23:5: drivers.ssh.host_key_chekc: no such key; did you mean host_key_check?",
          "server.conf:24:3: drivers.smtp: no such key",
      });
  CHECK(read("a: [\n").errors.lines().size() == 1);
  CHECK(read("- a\n").errors.lines() ==
        Lines{"server.conf:1:1: expected a map (key: value), got a list"});
}

TEST_CASE("config: what goconserver takes is no mistake; what it is taken for is said, by line") {
  const LoadedConfig r = read(R"(
global: {log_level: INFO}
api: {http_timeout: 0}
console:
  client_timeout: 0
  target_timeout: 0
  reconnect_interval: 0
  logdir: /var/log/goconserver/nodes/
  logger:
    file:
      - {name: default, logdir: /a}
      - {name: default, logdir: /b}
      - {name: "the name, customized", logdir: /c}
    udp:
      - {host: 127.0.0.1, port: 9563, timeout: 0}
      - {host: 127.0.0.1, port: 9564}
)");
  CHECK(r.errors.lines() == Lines{});
  CHECK(r.left_out.lines() == Lines{});
  CHECK(r.warnings.lines() ==
        Lines{"server.conf:3:21: api.http_timeout: 0: taken for 3600",
              "server.conf:5:19: console.client_timeout: 0: taken for 30",
              "server.conf:6:19: console.target_timeout: 0: taken for 30",
              "server.conf:7:23: console.reconnect_interval: 0: taken for 100ms",
              "server.conf:8:11: console.logdir: has no effect",
              "server.conf:12:16: console.logger.file[1].name: is there twice: taken for default-2",
              "server.conf:13:16: console.logger.file[2].name: is to be letters, digits and . _ -: "
              "taken for the_name__customized",
              "server.conf:15:9: console.logger.udp[0].name: is missing: taken for udp-1",
              "server.conf:15:48: console.logger.udp[0].timeout: 0: taken for 3",
              "server.conf:16:9: console.logger.udp[1].name: is missing: taken for udp-2"});
  Lines names;
  for (const Logger& l : r.config.loggers) names.push_back(l.name);
  CHECK(names == Lines{"default", "default-2", "the_name__customized", "udp-1", "udp-2"});
  CHECK(r.config.connect.first_wait == milliseconds(100));
  CHECK(r.config.http_timeout == std::chrono::hours(1));
  CHECK(r.config.log_level == base::log::Level::info);
}

TEST_CASE("config: a logger that cannot be is left out, by line, and all others stay") {
  const std::string tls = "ssl_key_file: /k, ssl_cert_file: /c, ssl_ca_cert_file: /a";
  const auto judged = [](const std::string& text) {
    LoadedConfig loaded = read(text);
    leave_out_loggers(loaded, loaded.config.journal);
    return loaded;
  };
  const LoadedConfig r = judged(
      "console:\n"
      "  datadir: /d\n"
      "  logger:\n"
      "    file:\n"
      "      - {name: a, logdir: /d/}\n"
      "      - {name: b, logdir: /e}\n"
      "    tcp:\n"
      "      - {name: c, host: h, port: 1, ssl_insecure: true}\n"
      "      - {name: d, host: h, port: 1, " +
      tls + ", ssl_insecure: true}\n");
  CHECK(r.errors.lines() == Lines{});
  CHECK(r.left_out.lines() ==
        Lines{"server.conf:5:9: console.logger.file[0]: left out: /d: the journals are there "
              "already, under the same names",
              "server.conf:9:110: console.logger.tcp[1].ssl_insecure: the logger is left out: a "
              "receiver's certificate is always verified: name its authority in "
              "ssl_ca_cert_file, and take this away"});
  REQUIRE(r.config.loggers.size() == 2);
  CHECK(r.config.loggers[0].name == "b");
  CHECK(r.config.loggers[1].name == "c");
  CHECK(
      judged("journal: {enabled: false}\nconsole: {logger: {file: [{name: a, logdir: /e}]}}")
          .left_out.lines() ==
      Lines{"server.conf:2:27: console.logger.file[0]: left out: loggers read the journals, which "
            "are switched off (journal.enabled)"});
}

TEST_CASE("config: both ports may be of one number where their addresses differ") {
  const auto errors = [](const std::string& text) { return read(text).errors.lines().size(); };
  CHECK(errors("api: {port: 1}\nconsole: {port: 1}") == 1);
  CHECK(errors("api: {port: 1, host: 0.0.0.0, auth: none}\nconsole: {port: 1}") == 1);
  CHECK(errors("api: {port: 1}\nconsole: {port: 1, host: 127.0.0.2}") == 0);
  CHECK(errors("api: {port: 0}\nconsole: {port: 0}") == 0);
}

TEST_CASE("config: the example of consoled.conf(5) is right") {
  const LoadedConfig r = read(manual_examples("consoled.conf.5"), Style::own);
  CHECK(r.errors.lines() == Lines{});
  CHECK(r.left_out.empty());
  CHECK(addresses(r.config) == Lines{"0.0.0.0:12429", "0.0.0.0:12430"});
  CHECK(r.config.breaks[0].sequence == "\\z");
  CHECK(r.config.loggers.size() == 1);
  CHECK(r.config.journal.keep == 8);
}

TEST_CASE("config: examples/tls/consoled.conf opens both ports, on all addresses") {
  const LoadedConfig r =
      consoled::load_config("examples/tls/consoled.conf", Style::own, help::kKinds);
  CHECK(r.errors.lines() == Lines{});
  CHECK(r.left_out.empty());
  CHECK(addresses(r.config) == Lines{"0.0.0.0:12429", "0.0.0.0:12430"});
  CHECK(bool(r.config.tls));
}

TEST_CASE("config: a file that was named must be there") {
  const help::Folder folder;
  const LoadedConfig none =
      consoled::load_config(folder / "no.conf", Style::goconserver, help::kKinds);
  CHECK(none.errors.lines() == Lines{folder / "no.conf" + ": No such file or directory"});
  help::put_file(folder / "a.conf", "api: {http_timeout: 7}\n");
  const LoadedConfig one =
      consoled::load_config(folder / "a.conf", Style::goconserver, help::kKinds);
  CHECK(one.errors.empty());
  CHECK(one.config.http_timeout == seconds(7));
  CHECK(one.config.file == folder / "a.conf");
}

TEST_CASE("config: a node has what the file says for its driver, and its own before it") {
  const Config c = read("drivers: {ssh: {host_key_check: off, host: h}}\n").config;
  const consoled::Node node =
      consoled::with_defaults({"n", "ssh", {{"host", "own"}}, false, {}}, c);
  CHECK(node.params ==
        std::map<std::string, std::string>{{"host", "own"}, {"host_key_check", "off"}});
  CHECK(consoled::with_defaults({"n", "cmd", {}, false, {}}, c).params.empty());
}

TEST_CASE("config: a wrong value for a driver is a mistake of the file, with its line") {
  const auto of = [](const std::string& drivers) {
    return consoled::read_config("drivers:\n  " + drivers + "\n", "c", Style::own,
                                 consoled::driver_kinds())
        .errors.lines();
  };
  CHECK(of("ssh: {host_key_check: Strict}") ==
        Lines{"c:2:25: drivers.ssh: parameter host_key_check: expected strict, accept-new or off, "
              "got Strict"});
  CHECK(of("ssh: {kex: nonsense, keepalive: x}") ==
        Lines{"c:2:14: drivers.ssh: parameter kex: nonsense is not known",
              "c:2:35: drivers.ssh: parameter keepalive: expected a whole number from 0 to 86400, "
              "got \"x\""});
  CHECK(of("sshcmd: {proxy: 'u@'}").size() == 1);
  CHECK(of("cmd: {env: A, cmd: ' '}").size() == 2);
  CHECK(of("tty: {speed: 12, device: tty}").size() == 2);
  CHECK(of("tcp: {port: 0, idle: soon}").size() == 2);
  CHECK(of("unix: {socket: x}").size() == 1);
  // Each is looked at for itself: what a node says besides is not missed.
  CHECK(of("{ssh: {host_key_check: strict, port: 23}, cmd: {env: A=1}, tty: {speed: 9600, flow: "
           "rtscts}, unix: {idle: 5}, ptybuffer: {socket: /s}, tcp: {host: h}}") == Lines{});
}

TEST_CASE("config: a console of --pty opens beyond this machine only when told so") {
  const auto config = consoled::pty_config("127.0.0.1", 8080, false);
  REQUIRE(config);
  CHECK(addresses(*config) == Lines{"127.0.0.1:8080"});
  CHECK(config->datadir.empty());
  CHECK(config->sockets.path.empty());
  CHECK_FALSE(config->journal.on);
  CHECK(addresses(*consoled::pty_config("::", 80, true)) == Lines{"[::]:80"});
  const auto open = consoled::pty_config("0.0.0.0", 80, false);
  REQUIRE_FALSE(open);
  CHECK(open.error().what ==
        "0.0.0.0:80: others than this machine could come: where everybody may do everything, say "
        "--auth none");
}

TEST_CASE("config: what a reload can do, and what it cannot") {
  const Config old = read("").config;
  CHECK(consoled::compare(old, read("").config).applied.empty());
  CHECK(consoled::compare(old, read("").config).restart.empty());
  const auto changes = consoled::compare(
      old, read("global: {log_level: debug}\nconsole: {datadir: /x, replay_lines: 1}\n"
                "api: {port: 1}\n")
               .config);
  CHECK(changes.applied == Lines{"host, port and auth of api and console", "global.log_level",
                                 "console.replay_lines"});
  CHECK(changes.restart == Lines{"console.datadir", "journal.dir"});
}
