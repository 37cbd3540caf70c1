#include "tools/conlog/options.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "lib/base/args.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/paths.h"
#include "tools/conlog/when.h"

namespace conlog {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

const std::string_view kUsage =
    "usage: conlog [-efjt] [-n count] [--since time] [--until time] [-g pattern [-Fi]\n"
    "              [--invert]] [--asciicast] [--dir folder] node ...\n"
    "       conlog -l [-j] [--dir folder]\n"
    "\n"
    "Prints what consoles said, from consoled's journals; no daemon is needed for it.\n"
    "NODE is a name, a glob or a comma list of them.\n"
    "\n"
    "  -n, --lines COUNT      only the last COUNT lines (with -g: of those found) [-f: 10]\n"
    "  -f, --follow           go on with what comes\n"
    "      --since TIME       from then on: \"2026-11-21 02:03\", 02:03, \"10 min ago\", "
    "yesterday\n"
    "      --until TIME       up to then\n"
    "  -g, --grep PATTERN     only lines with a match of this regular expression (RE2)\n"
    "  -F, --fixed            PATTERN is a text\n"
    "  -i, --ignore-case      capitals are small letters\n"
    "      --invert           only lines without a match\n"
    "  -t, --times            with the time of each line\n"
    "  -e, --events           also what happened: up, down, attach\n"
    "  -j, --json             a JSON record per line, as goconserver's, and events\n"
    "      --asciicast        a recording for asciinema (version 2), of one node\n"
    "  -l, --list             the names of the journals\n"
    "      --dir FOLDER       where they lie [$CONLOG_DIR, else the state folder's consoled]\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

namespace {
constexpr int64_t kMostLines = 10'000'000;
constexpr uint64_t kFollowLines = 10;

std::string env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool shows_color() {
  return ::isatty(STDOUT_FILENO) == 1 && env("NO_COLOR").empty() && env("TERM") != "dumb" &&
         !env("TERM").empty();
}

Result<void> check_use(const Args& args) {
  if (args.has("list") != args.operands().empty()) {
    return args.has("list") ? error(Errc::usage, "-l: takes no node")
                            : error(Errc::usage, "which node? \"conlog -l\" lists them");
  }
  for (const char* name : {"fixed", "ignore-case", "invert"}) {
    if (args.has(name) && !args.has("grep")) {
      return error(Errc::usage, "--", name, ": only with -g");
    }
  }
  if (args.has("json") && args.has("asciicast")) {
    return error(Errc::usage, "-j and --asciicast: it is one of them");
  }
  if (args.has("asciicast") && (args.has("grep") || args.has("times"))) {
    return error(Errc::usage, "--asciicast: a recording is whole: no -g, no -t");
  }
  return {};
}

Result<void> read_times(const Args& args, Options& o) {
  const int64_t now = base::wall_us();
  for (const auto& [name, to] : {std::pair{"since", &o.since}, std::pair{"until", &o.until}}) {
    if (!args.has(name)) continue;
    const Result<int64_t> at = parse_when(args.value(name), now);
    if (!at) return base::in(base::cat("--", name), at.error());
    *to = *at;
  }
  if (o.since && o.until && *o.until < *o.since) {
    return error(Errc::usage, "--until is before --since");
  }
  if (o.follow && o.until && *o.until <= now) {
    return error(Errc::usage, "-f: --until is over already");
  }
  return {};
}

Result<void> read_pattern(const Args& args, Options& o) {
  if (!args.has("grep")) return {};
  const std::string wanted = args.value("grep");
  const bool any_case = args.has("ignore-case");
  Result<journal::Pattern> pattern = args.has("fixed") ? journal::Pattern::text(wanted, any_case)
                                                       : journal::Pattern::regex(wanted, any_case);
  if (!pattern) return error(Errc::usage, "-g: ", pattern.error().what);
  o.wanted = std::move(*pattern);
  o.invert = args.has("invert");
  return {};
}

Result<void> read_values(const Args& args, Options& o) {
  if (Result<void> r = check_use(args); !r) return r;
  for (const std::string& node : args.operands()) o.nodes += (o.nodes.empty() ? "" : ",") + node;
  o.list = args.has("list");
  o.follow = args.has("follow");
  o.times = args.has("times");
  o.form = args.has("json") ? Form::json : args.has("asciicast") ? Form::asciicast : Form::text;
  o.events = args.has("events") || o.form == Form::json;
  o.color = shows_color();
  const std::string usual = env("CONLOG_DIR");
  o.dir = args.value("dir", usual.empty() ? base::paths::state() + "/consoled" : usual);
  const Result<int64_t> lines = args.number("lines", 0, 0, kMostLines);
  if (!lines) return lines.error();
  if (args.has("lines")) o.lines = static_cast<uint64_t>(*lines);
  if (Result<void> r = read_times(args, o); !r) return r;
  if (o.follow && !o.lines && !o.since) o.lines = kFollowLines;
  return read_pattern(args, o);
}
}  // namespace

Options parse_options(int argc, char** argv) {
  base::log::set_program("conlog");
  const Args args = base::parse_or_exit(kUsage, argc, argv, Args::Order::anywhere);
  Options o;
  const Result<void> read = read_values(args, o);
  if (!read) base::die(read.error());
  return o;
}

}  // namespace conlog
