#include "tools/conlog/options.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "lib/base/args.h"
#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/paths.h"

namespace conlog {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

namespace {

constexpr std::string_view kUse =
    "usage: conlog [-efjt] [-n count] [--since time] [--until time] [-g pattern [-Fi]\n"
    "              [--invert]] [--asciicast] [--dir folder] node ...\n"
    "       conlog -l [-j] [--dir folder]\n"
    "\n"
    "Prints what consoles said, from consoled's journals; no daemon is needed for it.\n"
    "NODE is a name, a glob or a comma list of them.\n"
    "\n";
constexpr std::string_view kOwnOptions =
    "  -j, --json             a JSON record per line, as goconserver's, and events\n"
    "  -l, --list             the names of the journals\n"
    "      --dir FOLDER       where they lie [$CONLOG_DIR, else the state folder's consoled]\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

std::string env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool shows_color() {
  return ::isatty(STDOUT_FILENO) == 1 && env("NO_COLOR").empty() && env("TERM") != "dumb" &&
         !env("TERM").empty();
}

Result<Options> read_values(const Args& args) {
  Options o;
  o.list = args.has("list");
  if (o.list != args.operands().empty()) {
    return o.list ? error(Errc::usage, "-l: takes no node")
                  : error(Errc::usage, "which node? \"conlog -l\" lists them");
  }
  for (const std::string& node : args.operands()) o.nodes += (o.nodes.empty() ? "" : ",") + node;
  const std::string usual = env("CONLOG_DIR");
  o.dir = args.value("dir", usual.empty() ? base::paths::state() + "/consoled" : usual);
  Result<journal::Asked> asked = journal::read_asked(args, base::wall_us());
  if (!asked) return asked.error();
  o.asked = std::move(*asked);
  o.asked.color = shows_color();
  return o;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  base::log::set_program("conlog");
  static const std::string usage = base::cat(kUse, journal::kAskedOptions, kOwnOptions);
  const Args args = base::parse_or_exit(usage, argc, argv, Args::Order::anywhere);
  Result<Options> o = read_values(args);
  if (!o) base::die(o.error());
  return std::move(*o);
}

}  // namespace conlog
