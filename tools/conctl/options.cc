#include "tools/conctl/options.h"

#include <cstdlib>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::Args;
using base::Errc;
using base::Result;

const std::string_view kUsage =
    "usage: conctl [-j] [--socket path] [--timeout seconds] command [argument ...]\n"
    "       conctl help [command]\n"
    "\n"
    "Defines, lists and opens the consoles of a consoled. Commands:\n"
    "  list [CONSOLES]                 one line for each, with its state\n"
    "  show CONSOLE                    how it is defined\n"
    "  create CONSOLE KEY=VALUE ...    defines one: driver=, ondemand=, and --params or --param\n"
    "  edit CONSOLE KEY=VALUE ...      changes a definition\n"
    "  delete CONSOLES                 takes definitions away\n"
    "  logging CONSOLES on|off         connects consoles, or ends their connections\n"
    "  console CONSOLE[,CONSOLE ...]   a terminal on it; ^Ec? lists the keys\n"
    "  drivers [DRIVER]                the parameters that a definition may have\n"
    "  who|status|events [CONSOLES]    who looks; how they are; what happens\n"
    "  log CONSOLES                    what was said: the last lines, a time, a search\n"
    "  kick CONSOLE VIEWER             ends a viewer\n"
    "  send CONSOLES TEXT              types for you\n"
    "  tell|note CONSOLES TEXT         a word to those who look; into the journals\n"
    "  break CONSOLES [NUMBER]         sends a break sequence, or a BREAK\n"
    "  down|reconnect CONSOLES         closes lines; connects again, now\n"
    "  batch                           JSON lines on stdin, a result for each\n"
    "  export [CONSOLES] | import      definitions in the form of nodes.json\n"
    "  web                             the page's address\n"
    "  version | help [COMMAND]\n"
    "CONSOLES: a name, a beginning, a list, a glob, @group, label=value; see lineman(7).\n"
    "\n"
    "  -j, --json             JSON lines, of errors too\n"
    "      --socket PATH      consoled's socket\n"
    "      --timeout SECONDS  for an answer [5]\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

namespace {

constexpr int64_t kLongestTimeout = 86400;

// congo's status is one for all; a mistake in the environment was always ours.
[[noreturn]] void give_up(const Options& options, const base::Error& error) {
  if (!options.json) base::die(error);
  std::exit(complain(options, error));
}

std::string variable(const char* name, std::string_view fallback = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::string(fallback) : value;
}

// The words that congo takes for true.
bool says_yes(std::string_view text) {
  for (const std::string_view yes : {"TRUE", "True", "true", "t", "YES", "Yes", "yes", "y"}) {
    if (text == yes) return true;
  }
  return false;
}

Result<void> read_environment(Options& o) {
  o.url = variable("CONGO_URL");
  o.host = variable("CONGO_SERVER_HOST", o.host);
  o.port = variable("CONGO_PORT", o.port);
  o.tls = {variable("CONGO_SSL_KEY"), variable("CONGO_SSL_CERT"), variable("CONGO_SSL_CA_CERT")};
  o.tls.insecure = says_yes(variable("CONGO_SSL_INSECURE"));
  if (o.tls.insecure && !o.tls.given() && !o.url.starts_with("https://")) {
    base::log::warn("CONGO_SSL_INSECURE: has no effect: there is no TLS here");
  }
  const std::string patience = variable("CONGO_CONSOLE_TIMEOUT", "30");
  const Result<int64_t> seconds = base::parse_number(patience, 1, kLongestTimeout);
  if (!seconds) return base::in("CONGO_CONSOLE_TIMEOUT", seconds.error());
  o.dial_patience = std::chrono::seconds(*seconds);
  return {};
}

}  // namespace

Options parse_options(int argc, char** argv) {
  base::log::set_program(base::called_as(argv[0]));
  Options o;
  o.congo = base::called_as(argv[0]) == "congo";
  o.json = asks_json(argc, argv);
  const std::string usage = as_called(o, kUsage);
  const Args args = parse_words(o, usage, argc, argv, Args::Order::first_operand);
  if (Result<void> r = read_environment(o); !r) give_up(o, r.error());
  // A goconserver is where congo expects it.
  if (o.congo && o.url.empty()) o.url = "http://127.0.0.1:12429";
  o.socket = args.value("socket");
  if (!o.socket.empty()) o.url.clear();
  const Result<int64_t> patience = args.number("timeout", 5, 1, kLongestTimeout);
  if (!patience) give_up(o, patience.error());
  o.patience = std::chrono::seconds(*patience);
  o.command = args.operands();
  if (o.command.empty() && o.congo) o.command = {"help"};
  if (o.command.empty()) {
    give_up(o, base::error(Errc::usage, "expected a command: \"conctl help\" lists them"));
  }
  o.json = args.has("json");
  return o;
}

bool asks_json(int argc, const char* const* argv) {
  for (int i = 1; i < argc; i++) {
    const std::string_view word = argv[i];
    if (word == "--") return false;
    if (word == "--json") return true;
    if (word.size() > 1 && word[0] == '-' && word[1] != '-' && word.find('j') != word.npos) {
      return true;
    }
  }
  return false;
}

Args parse_words(const Options& options, std::string_view usage, int argc, const char* const* argv,
                 Args::Order order) {
  if (options.json) {
    if (const Result<Args> args = Args::parse(usage, argc, argv, order); !args) {
      give_up(options, args.error());
    }
  }
  return base::parse_or_exit(usage, argc, argv, order);
}

std::string as_called(const Options& options, std::string_view text) {
  constexpr std::string_view kOurs = "conctl";
  std::string out(text);
  for (size_t at = out.find(kOurs); options.congo && at != std::string::npos;
       at = out.find(kOurs, at)) {
    out.replace(at, kOurs.size(), "congo");
  }
  return out;
}

int failure(const Options& options, const base::Error& error) {
  if (options.congo) return base::kExitNo;
  switch (error.code) {
    case Errc::usage:
      return base::kExitUsage;
    case Errc::timeout:
      return base::kExitTimeout;
    case Errc::not_found:
    case Errc::denied:
    case Errc::busy:
    case Errc::bad_input:
    case Errc::too_big:
      return base::kExitNo;
    case Errc::closed:  // said by the server, or what became of the connection
      return error.sys == 0 ? base::kExitNo : base::kExitSystem;
    default:
      return base::kExitSystem;
  }
}

}  // namespace conctl
