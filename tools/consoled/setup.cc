#include "tools/consoled/setup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/base/paths.h"
#include "lib/net/limits.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/folder_lock.h"

namespace consoled {

using base::Result;
using nlohmann::json;

namespace {

void say_all(const conf::Problems& problems) {
  for (const std::string& line : problems.lines()) base::log::error(line);
}

void warn_all(const conf::Problems& problems) {
  for (const std::string& line : problems.lines()) base::log::warn(line);
}

// The daemon's own log file, opened anew so that it can be moved away.
Result<void> open_log(const Config& config) {
  base::log::set_level(config.log_level);
  if (config.logfile.empty()) return {};
  Result<base::Fd> fd =
      base::open_file(config.logfile, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK, 0600);
  if (!fd) return in("global.logfile", fd.error());
  ::dup2(fd->get(), STDERR_FILENO);
  return {};
}

std::string program_folder() {
  std::string path(4096, '\0');
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return "";
  path.resize(static_cast<size_t>(n));
  return path.substr(0, path.rfind('/'));
}

}  // namespace

Config configure(const Options& options) {
  LoadedConfig loaded = load_config(options, driver_kinds());
  if (options.check) std::exit(check_config(loaded));
  net::raise_descriptor_limit();
  say_all(loaded.errors);
  if (!loaded.errors.empty()) std::exit(base::kExitUsage);
  say_all(loaded.left_out);
  warn_all(loaded.warnings);
  if (Result<void> r = open_log(loaded.config); !r) base::die(r.error());
  return std::move(loaded.config);
}

Result<Surroundings> surroundings(net::Loop& loop, net::SessionEnd& session_end, ssh::Client& ssh,
                                  const Config& config) {
  Result<std::string> runtime = base::paths::make_runtime();
  if (!runtime) return runtime.error();
  Surroundings around{loop, session_end, std::move(*runtime), config.datadir, program_folder()};
  around.ssh = &ssh;
  const std::string journals = config.journal.on ? config.journal.dir : "";
  for (const std::string& folder : {config.datadir, journals}) {
    std::error_code none;  // a folder that is not there yet is another one
    const bool has =
        !around.locks.empty() && std::filesystem::equivalent(config.datadir, folder, none);
    if (folder.empty() || has) continue;
    Result<base::Fd> lock = lock_folder(folder);
    if (!lock && lock.error().code == base::Errc::busy) return lock.error();
    if (!lock)
      return in(folder == config.datadir ? "console.datadir" : "journal.dir", lock.error());
    around.locks.push_back(std::move(*lock));
  }
  return around;
}

Result<std::unique_ptr<Definitions>> open_definitions(const Options& options, const Config& config,
                                                      net::Loop& loop, net::DiskJobs& disk) {
  using Opened = Result<std::unique_ptr<Definitions>>;
  if (options.pty) return Opened(nullptr);
  // What the configuration says for its driver, a node need not say.
  const auto check = [&config](const Node& n) { return check_params(with_defaults(n, config)); };
  Opened d = Definitions::open(config.datadir, check, loop, disk);
  if (!d) return d;
  const Definitions::Import& import = (*d)->import();
  for (const std::string& e : import.errors) base::log::warn(e);
  if (!import.file.empty()) base::log::info(import.file, ": ", import.nodes, " nodes taken over");
  return d;
}

Node pty_node(const PtyOptions& pty) {
  if (::access(pty.device.c_str(), F_OK) < 0) base::die(base::sys_error(errno, pty.device));
  return {std::string(kPtyName), "tty", {{"device", pty.device}}, false, {}};
}

Turns::Limits turn_limits(const Config& config) {
  return {config.connect.at_once, config.connect.per_host, config.connect.host_interval};
}

Reload::Reload(const Options& options, Config& config, const peer::Events& events, Turns& turns,
               Consoles& consoles, Publishers& publishers)
    : options_(options),
      config_(config),
      events_(events),
      turns_(turns),
      consoles_(consoles),
      publishers_(publishers) {}

Result<json> Reload::operator()() {
  consoles_.reopen();
  if (options_.pty) return json::object();
  LoadedConfig next = load_config(options_, driver_kinds(), &config_);
  if (!next.errors.empty()) {
    say_all(next.errors);
    base::log::error("reload: nothing is changed");
    return base::error(base::Errc::bad_input, next.errors.lines().front());
  }
  const ConfigChanges changes = compare(config_, next.config);
  auto left_out = apply(std::move(next.config));
  if (!left_out) return left_out.error();
  say_all(next.left_out);
  warn_all(next.warnings);
  for (std::string& line : next.left_out.lines()) left_out->push_back(std::move(line));
  for (const std::string& key : changes.applied) base::log::info("reload: ", key, ": applied");
  for (const std::string& key : changes.restart) {
    base::log::warn("reload: ", key, ": changed, needs a restart");
  }
  json said = {{"applied", changes.applied}, {"restart", changes.restart}, {"left_out", *left_out}};
  events_.emit("reload", said);
  return said;
}

Result<std::vector<std::string>> Reload::apply(Config next) {
  // What only a restart does stays what it is.
  next.datadir = config_.datadir;
  next.journal.dir = config_.journal.dir;
  next.journal.on = config_.journal.on;
  next.sockets.path = config_.sockets.path;
  next.sockets.umask = config_.sockets.umask;
  next.dist_dir = config_.dist_dir;
  next.web_dir = config_.web_dir;
  next.connect.handshakes = config_.connect.handshakes;
  if (static_cast<bool>(next.tls) != static_cast<bool>(config_.tls)) {
    // Then it is not the listeners' turn, either: some were left out, or are open, because of it.
    next.tls = config_.tls;
    next.listeners = config_.listeners;
  }
  if (Result<void> done = open_log(next); !done) return done.error();
  std::vector<std::string> left_out = publishers_.apply(next);
  config_ = std::move(next);
  turns_.limit(turn_limits(config_));
  for (const auto& [name, console] : consoles_.all()) {
    publishers_.defined(name);
    const Tape* tape = console.tape();
    if (tape != nullptr) publishers_.begins(name, {tape->epoch(), tape->ring().head(), {}, 0});
  }
  return left_out;
}

}  // namespace consoled
