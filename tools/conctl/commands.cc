#include "tools/conctl/commands.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <limits>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/version.h"
#include "lib/journal/asked.h"
#include "tools/conctl/say.h"

namespace conctl {

namespace {

constexpr size_t kAny = std::numeric_limits<size_t>::max();

const std::array kCommands = {
    Command{"list",
            "usage: conctl list [CONSOLES ...]\n\n"
            "One line for each console: its name, the machine that has it, its state.\n",
            0, kAny, list},
    Command{"show",
            "usage: conctl show CONSOLE\n\n"
            "How a console is defined. Secrets are shown as ******.\n",
            1, 1, show, "show <node> "},
    Command{"create",
            "usage: conctl create CONSOLE driver=NAME [ondemand=true] [--params KEY=VALUE,...]\n"
            "                     [--param KEY=VALUE] [--label KEY=VALUE]\n\n"
            "Defines a console. \"conctl drivers\" lists the drivers and their parameters.\n\n"
            "  -p, --params LIST      parameters, separated by commas\n"
            "      --param KEY=VALUE  one parameter, which may have commas; again for more\n"
            "      --label KEY=VALUE  a label; again for more\n",
            1, kAny, create, "create <node> driver=ssh ondemand=true --param key=val,key=val"},
    Command{"edit",
            "usage: conctl edit CONSOLE [driver=NAME] [ondemand=true] [--params KEY=VALUE,...]\n"
            "                   [--param KEY=VALUE] [--label KEY=VALUE]\n\n"
            "Changes what is named of a definition, and leaves the rest; an empty value takes a\n"
            "parameter or label away. With nothing named: in $VISUAL or $EDITOR.\n\n"
            "  -p, --params LIST      parameters, separated by commas\n"
            "      --param KEY=VALUE  one parameter, which may have commas; again for more\n"
            "      --label KEY=VALUE  a label; again for more\n",
            1, kAny, edit},
    Command{"delete",
            "usage: conctl delete CONSOLES ...\n\n"
            "Takes definitions away and ends their connections. What was logged stays.\n",
            1, kAny, remove, "delete <node>"},
    Command{"logging",
            "usage: conctl logging CONSOLES on|off\n\n"
            "on: connects, and stays connected though nobody looks. off: ends connections and\n"
            "viewers.\n",
            2, 2, logging, "logging <node> on/off "},
    Command{
        "console",
        "usage: conctl console [-1r] [-e keys] CONSOLE[,CONSOLE ...]\n\n"
        "A terminal on a console. On several, what is typed goes to all of them, and what they\n"
        "say is shown with the name in front.\n\n"
        "  -1, --once              a lost connection is the end\n"
        "  -e, --escape KEYS       the two keys before a command [^Ec]\n"
        "  -r, --readonly          only look\n",
        1, kAny, console, "console <node>"},
    Command{"log",
            "usage: conctl log [-efjt] [-n count] [--since time] [--until time]\n"
            "                  [-g pattern [-Fi] [--invert]] [--asciicast] CONSOLES ...\n\n"
            "What consoles said, from consoled's journals; -j: a JSON record per line.\n\n",
            1, kAny, log, "", journal::kAskedOptions},
    Command{"status",
            "usage: conctl status [CONSOLES ...]\n\n"
            "How consoles are: name, driver, state, since when, why, and the next attempt.\n",
            0, kAny, status},
    Command{"who",
            "usage: conctl who [CONSOLES ...]\n\n"
            "Who looks: console, viewer, since when, who.\n",
            0, kAny, who},
    Command{"drivers",
            "usage: conctl drivers [DRIVER]\n\n"
            "The parameters that a console may have: driver, parameter, what it is.\n",
            0, 1, drivers},
    Command{"kick",
            "usage: conctl kick CONSOLE VIEWER\n\n"
            "Ends a viewer, by the number that \"who\" shows.\n",
            2, 2, kick},
    Command{"send",
            "usage: conctl send [-n] CONSOLES TEXT ...\n\n"
            "Types the text, and Enter.\n\n"
            "  -n, --no-newline        no Enter\n",
            2, kAny, send},
    Command{"tell",
            "usage: conctl tell CONSOLES TEXT ...\n\n"
            "Shows the text to all who look.\n",
            2, kAny, tell_viewers},
    Command{"note",
            "usage: conctl note CONSOLES TEXT ...\n\n"
            "Writes the text into the journals, where \"log -e\" shows it.\n",
            2, kAny, note},
    Command{"break",
            "usage: conctl break CONSOLES [NUMBER]\n\n"
            "Sends a break sequence, 1 to 9; without a number a BREAK.\n",
            1, 2, send_break},
    Command{"down",
            "usage: conctl down CONSOLES ...\n\n"
            "Closes lines, and keeps them closed whoever looks, until \"reconnect\" or\n"
            "\"logging on\".\n",
            1, kAny, down},
    Command{"reconnect",
            "usage: conctl reconnect CONSOLES ...\n\n"
            "Connects what waits for its next attempt, or was taken down, now; what is connected\n"
            "is closed and opened again.\n",
            1, kAny, reconnect},
    Command{"events",
            "usage: conctl events [CONSOLES ...]\n\n"
            "JSON lines about what happens, until interrupted.\n",
            0, kAny, events},
    Command{
        "batch",
        "usage: conctl batch\n\n"
        "Takes the commands of the control socket as JSON lines on stdin; a line of result for\n"
        "each, in order. Status 1 where one failed.\n",
        0, 0, batch},
    Command{
        "export",
        "usage: conctl export [CONSOLES ...]\n\n"
        "Writes definitions as nodes.json has them: with their secrets where all of a consoled on\n"
        "this machine are asked for; else they are ******.\n",
        0, kAny, export_nodes},
    Command{"import",
            "usage: conctl import [FILE]\n\n"
            "Defines what a nodes.json has (stdin without FILE), a result for each console.\n",
            0, 1, import_nodes},
    Command{"web",
            "usage: conctl web\n\n"
            "The address of the page, good for one use within a minute.\n",
            0, 0, web},
    Command{"version", "usage: conctl version\n\nThe version.\n", 0, 0, version},
    Command{"help", "usage: conctl help [COMMAND]\n\nWhat a command does.\n", 0, 1, help},
};

constexpr std::string_view kCommonOptions =
    "  -j, --json              JSON lines\n"
    "  -h, --help              this text\n";

// Its own options, and those of every command.
std::string whole_usage(const Options& options, const Command& c) {
  const bool some = !c.more.empty() || c.usage.find("\n  -") != std::string_view::npos;
  return as_called(options, base::cat(c.usage, some ? "" : "\n", c.more, kCommonOptions));
}

const Command& find(const Options& options) {
  const std::string& name = options.command[0];
  for (const Command& c : kCommands) {
    if (c.name == name) return c;
  }
  const base::Error unknown = base::error(
      base::Errc::usage, name, as_called(options, ": no such command: \"conctl help\" lists them"));
  std::exit(complain(options, unknown));
}

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

int wrong_use(const Options& options) {
  const Command& command = find(options);
  const bool congo = options.congo && !command.congo.empty();
  const std::string_view ours = command.usage.substr(0, command.usage.find("\n\n") + 1);
  if (options.json) {
    return complain(options, base::error(base::Errc::usage, ours.substr(0, ours.size() - 1)));
  }
  const std::string text =
      congo ? base::cat("Usage: congo ", command.congo, "\n") : as_called(options, ours);
  static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, text)));
  return options.congo ? base::kExitNo : base::kExitUsage;
}

int run_command(const Options& options) {
  std::vector<const char*> argv;
  for (const std::string& word : options.command) argv.push_back(word.c_str());
  const int argc = static_cast<int>(argv.size());
  Options told = options;
  told.json = options.json || asks_json(argc, argv.data());
  const Command& command = find(told);
  const std::string usage = whole_usage(options, command);
  constexpr auto kOrder = base::Args::Order::anywhere;
  if (options.congo && !base::Args::parse(usage, argc, argv.data(), kOrder)) {
    return wrong_use(told);
  }
  const base::Args args = parse_words(told, usage, argc, argv.data(), kOrder);
  told.json = options.json || args.has("json");
  const size_t operands = args.operands().size();
  if (operands < command.least || operands > command.most) return wrong_use(told);
  return command.run(told, args);
}

int version(const Options& options, const base::Args&) {
  if (options.json) {
    out(base::cat("{\"version\":\"", base::version(), "\"}\n"));
    return base::kExitOk;
  }
  const std::string text = base::cat("Version: ", base::version(), ", BuildTime: -\n Commit: -\n");
  out(text);
  return base::kExitOk;
}

int help(const Options& options, const base::Args& args) {
  if (args.operands().empty()) {
    out(as_called(options, kUsage));
    return base::kExitOk;
  }
  Options asked = options;
  asked.command = args.operands();
  out(whole_usage(options, find(asked)));
  return base::kExitOk;
}

}  // namespace conctl
