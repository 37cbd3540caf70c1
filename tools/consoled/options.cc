#include "tools/consoled/options.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/log.h"
#include "lib/base/paths.h"
#include "lib/base/version.h"
#include "tools/consoled/config_files.h"
#include "tools/consoled/config_loggers.h"

namespace consoled {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

const std::string_view kUsage =
    "usage: consoled [-c file] [--auth none] [--check] [--socket path] [--verbose]\n"
    "                [--web-dir dir]\n"
    "       consoled --pty [--auth none] [--web-dir dir] device ip port [logfile]\n"
    "\n"
    "Keeps many consoles open, logged and shared, and serves them to conctl, congo, browsers.\n"
    "\n"
    "  -c, --config FILE        goconserver's server.conf, or one like it [consoled.conf]\n"
    "      --config-file FILE   the same\n"
    "      --auth none          with --pty: listen beyond loopback, to anybody\n"
    "      --check              say what is wrong with the configuration, and end\n"
    "      --pty                serve one existing pty, without a configuration\n"
    "      --socket PATH        the socket for clients, instead of the configuration's\n"
    "      --verbose            log more\n"
    "      --web-dir DIR        the page's files from there, while it is developed\n"
    "  -h, --help               this text\n"
    "  -v, --version            the version\n";

namespace {

constexpr std::string_view kGoconserver = "goconserver", kCloudConsole = "cloud-console";
constexpr int kOldUsage = 1;  // of both of them

bool is_old(std::string_view name) {
  return name == kGoconserver || name == kCloudConsole;
}

Result<PtyOptions> read_pty(const Args& args) {
  const auto& words = args.operands();
  if (words.size() < 3 || words.size() > 4) {
    return error(Errc::usage, "--pty: expected device, ip, port, and perhaps a logfile");
  }
  const Result<int64_t> port = base::parse_number(words[2], 0, 65535);
  if (!port) return error(Errc::usage, "port: ", port.error().what);
  PtyOptions pty{base::paths::absolute(words[0]), words[1], *port, {}};
  if (words.size() == 4) pty.logfile = base::paths::absolute(words[3]);
  return pty;
}

Result<void> check_sense(const Args& args, const Options& o) {
  if (args.has("auth") && args.value("auth") != "none") {
    return error(Errc::usage, "--auth: only \"none\" is known");
  }
  if (args.has("auth") && !o.pty) {
    return error(Errc::usage, "--auth: only with --pty; the configuration says it by listener");
  }
  if (o.pty && (!o.config.empty() || o.check || !o.socket.empty())) {
    return error(Errc::usage, "--pty: takes no --config, --check and --socket");
  }
  if (!o.pty && !args.operands().empty()) {
    return error(Errc::usage, args.operands().front(), ": not expected: see --help");
  }
  return {};
}

[[noreturn]] void refuse(const base::Error& e, bool old) {
  std::fprintf(stderr, "%s: %s\n%s\n", base::log::program().c_str(), e.what.c_str(),
               std::string(kUsage.substr(0, kUsage.find("\n\n"))).c_str());
  std::exit(old ? kOldUsage : base::kExitUsage);
}

// goconserver's form, which scripts read.
[[noreturn]] void old_version() {
  std::printf("Version: %s, BuildTime: - Commit: -\n", std::string(base::version()).c_str());
  std::exit(base::kExitOk);
}

}  // namespace

Result<Options> read_options(const Args& args, std::string_view name) {
  Options o;
  o.config = args.value("config", args.value("config-file"));
  if (!o.config.empty()) o.config = base::paths::absolute(o.config);
  o.style = o.config.empty() && name != kGoconserver ? Style::own : Style::goconserver;
  o.check = args.has("check");
  o.no_auth = args.has("auth");
  if (args.has("socket")) {
    o.socket = args.value("socket");
    if (!o.socket.starts_with('@')) o.socket = base::paths::absolute(o.socket);
  }
  if (args.has("web-dir")) o.web_dir = base::paths::absolute(args.value("web-dir"));
  if (args.has("pty") || name == kCloudConsole) {
    Result<PtyOptions> pty = read_pty(args);
    if (!pty) return pty.error();
    o.pty = std::move(*pty);
  }
  if (Result<void> sensible = check_sense(args, o); !sensible) return sensible.error();
  return o;
}

Options parse_options(int argc, char** argv) {
  const std::string_view name = base::called_as(argv[0]);
  const bool old = is_old(name);
  base::log::set_program(old ? name : "consoled");
  const Result<Args> first = Args::parse(kUsage, argc, argv, Args::Order::anywhere);
  if (old && !first) refuse(first.error(), old);
  if (name == kGoconserver && first->has("version")) old_version();
  const Args args = base::parse_or_exit(kUsage, argc, argv, Args::Order::anywhere);
  Result<Options> options = read_options(args, name);
  if (!options) refuse(options.error(), old);
  return std::move(*options);
}

LoadedConfig load_config(const Options& options, std::span<const DriverKind* const> drivers,
                         const Config* running) {
  LoadedConfig out("");
  if (options.pty) {
    Result<Config> config = pty_config(options.pty->host, options.pty->port, options.no_auth);
    if (!config) refuse(config.error(), is_old(base::log::program()));
    out.config = std::move(*config);
    out.config.journal.file = options.pty->logfile;
    out.config.journal.on = !options.pty->logfile.empty();
  } else {
    out = load_config(options.config, options.style, drivers);
    leave_out_loggers(out, running != nullptr ? running->journal : out.config.journal);
    check_files(out, running);
    if (options.check) check_paths(out);
  }
  if (!options.socket.empty()) out.config.sockets.path = options.socket;
  if (!options.web_dir.empty()) out.config.web_dir = options.web_dir;
  return out;
}

int check_config(const LoadedConfig& loaded) {
  for (const conf::Problems* problems : {&loaded.errors, &loaded.left_out, &loaded.warnings}) {
    for (const std::string& line : problems->lines(problems == &loaded.warnings ? "warning" : "")) {
      std::fprintf(stderr, "%s\n", base::log::printable(line).c_str());
    }
  }
  if (!loaded.errors.empty() || !loaded.left_out.empty()) return base::kExitNo;
  const std::string& file = loaded.config.file;
  std::printf("%s: ok\n", file.empty() ? "no configuration" : file.c_str());
  return base::kExitOk;
}

}  // namespace consoled
