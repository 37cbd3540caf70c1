// options: consoled's command line: its own, goconserver's, and cloud-console's (--pty).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/args.h"
#include "lib/base/result.h"
#include "tools/consoled/config.h"

namespace consoled {

extern const std::string_view kUsage;

// cloud-console's: one console, no configuration.
struct PtyOptions {
  std::string device;
  std::string host;
  int64_t port = 0;
  std::string logfile;  // "": none
};

struct Options {
  std::string config;  // "": the usual file of the style, if it is there
  Style style = Style::own;
  bool check = false;    // only look at the configuration
  bool no_auth = false;  // --auth none, for --pty
  std::string socket;    // instead of the configuration's; "": that
  std::string web_dir;   // likewise
  std::optional<PtyOptions> pty;
};

// What the words mean; `name` is the name the program was called by, which may be goconserver or
// cloud-console. Errors are of code usage. Asks for the current folder, for paths.
base::Result<Options> read_options(const base::Args& args, std::string_view name);

// The same for main: ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

// The configuration that the options ask for, and what they say themselves put into it. `running`:
// what a reload finds in force, where some of it stays until a restart; null at the start.
LoadedConfig load_config(const Options& options, std::span<const DriverKind* const> drivers,
                         const Config* running = nullptr);

// --check: says on stderr what is wrong, else on stdout that nothing is; the exit status.
int check_config(const LoadedConfig& loaded);

}  // namespace consoled
