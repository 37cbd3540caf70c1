#include "tools/qwait/options.h"

#include <utility>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/queue/names.h"
#include "lib/queue/session.h"

namespace qwait {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

const std::string_view kUsage =
    "usage: qwait [-0jv] [-q queue] [-i name] [-n count] [-t seconds] [--silent seconds]\n"
    "             [--coalesce ms] [--keep-going] [--redis url] [-x command [argument ...]]\n"
    "       qwait [-0jv] -w queue [-n count] [-t seconds] [--silent seconds] [-P jobs]\n"
    "             [--tries n] [--backoff seconds] [--lease seconds] [--hold] [--redis url]\n"
    "             [-x command [argument ...]]\n"
    "       qwait -w queue {--ack id | --release id | --bury id | --remove id} [--redis url]\n"
    "       qwait [-0j] [-q queue | -w queue] {--peek | --stats | --list} [--redis url] [id]\n"
    "       qwait [-0j] -w queue --dead {list | requeue | drop} [--redis url] [id ...]\n"
    "       qwait [-q queue] -i name --forget [--redis url]\n"
    "\n"
    "Waits for what qput puts. Of a signal queue (-q) every waiter prints each message from now "
    "on;\n"
    "of a work queue (-w) each item is one taker's, until it acknowledges or its lease runs out.\n"
    "\n"
    "  -q, --queue QUEUE      signals of this queue [$LINEMAN_QUEUE, else notices]\n"
    "  -w, --work QUEUE       work of this queue\n"
    "  -x, --exec             run the rest of the line for each; {} is the payload, else stdin is\n"
    "  -n, --count COUNT      end after so many\n"
    "  -t, --timeout SECONDS  end with 99 when time is over; 0: take what is there, 1 if nothing\n"
    "      --silent SECONDS   end with 97 when nothing came for so long\n"
    "  -i, --id NAME          signal: go on where the waiter of this name stopped\n"
    "      --coalesce MS      signal: one of those that follow each other within MS\n"
    "      --keep-going       signal: do not end where some were missed; end with 98 later\n"
    "      --forget           signal: the waiter of -i is no more\n"
    "  -P, --jobs JOBS        work: so many commands, or held items, at once [1]\n"
    "      --tries N          work: at most so many tries, then a dead letter [no end]\n"
    "      --backoff SECONDS  work: after a failure wait so long, then twice that ... [1]\n"
    "      --lease SECONDS    work: how soon a dead taker's item comes back [60]\n"
    "      --hold             work: print it with its id, for one of these:\n"
    "      --ack ID           it is done\n"
    "      --release ID       it goes back\n"
    "      --bury ID          it goes to the dead letters\n"
    "      --remove ID        take an item out, whatever its state\n"
    "      --peek             show what would come next, or the item id; signal: what is kept\n"
    "      --stats            numbers about the queue\n"
    "      --list             names of all queues; with -w: its items\n"
    "      --dead WHAT        dead letters: list, requeue or drop them, or those given by id\n"
    "  -0, --null             end each with NUL, not newline\n"
    "  -j, --json             JSON lines\n"
    "      --redis URL        the Redis [$LINEMAN_REDIS, else redis.url, else an embedded one]\n"
    "  -v, --verbose          say more\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

namespace {

constexpr int64_t kMany = 1'000'000'000;
constexpr double kLongest = 1e9;  // seconds
constexpr double kLease = 60, kBackoff = 1;

struct Verb {
  std::string_view name;
  Action action;
  bool value;
};
constexpr Verb kVerbs[] = {{"ack", Action::ack, true},       {"release", Action::release, true},
                           {"bury", Action::bury, true},     {"remove", Action::remove, true},
                           {"dead", Action::dead, true},     {"peek", Action::peek, false},
                           {"stats", Action::stats, false},  {"list", Action::list, false},
                           {"forget", Action::forget, false}};
constexpr std::string_view kWorkOnly[] = {"jobs", "tries",   "backoff", "lease",  "hold",
                                          "ack",  "release", "bury",    "remove", "dead"};
constexpr std::string_view kSignalOnly[] = {"id", "coalesce", "keep-going", "forget"};
constexpr std::string_view kWaitOnly[] = {"exec", "count", "timeout", "silent", "hold"};

Result<void> read_action(const Args& args, Options& o) {
  std::string_view first;
  for (const Verb& verb : kVerbs) {
    if (!args.has(verb.name)) continue;
    if (!first.empty()) return error(Errc::usage, "--", first, " and --", verb.name, ": only one");
    first = verb.name;
    o.action = verb.action;
    if (verb.value) o.subject = args.value(verb.name);
  }
  if (o.action == Action::wait) return {};
  for (const std::string_view name : kWaitOnly) {
    if (args.has(name)) return error(Errc::usage, "--", name, ": not with --", first);
  }
  return {};
}

Result<void> check_use(const Args& args) {
  if (Result<void> r = queue::check_mode(args, kWorkOnly, kSignalOnly); !r) return r;
  if (args.has("forget") && !args.has("id")) return error(Errc::usage, "--forget: needs -i");
  if (args.has("hold") && args.has("exec")) return error(Errc::usage, "--hold and -x: only one");
  if (args.has("jobs") && !args.has("hold") && !args.has("exec")) {
    return error(Errc::usage, "-P: only with -x or --hold");
  }
  if (args.has("null") && args.has("json")) return error(Errc::usage, "-0 and -j: only one");
  return {};
}

Result<void> check_operands(const Args& args, Options& o) {
  const std::vector<std::string>& words = args.operands();
  if (args.has("exec")) {
    if (words.empty()) return error(Errc::usage, "-x: which command?");
    o.command = words;
    return {};
  }
  o.operands = words;
  const bool many = o.action == Action::dead;
  const bool one = o.action == Action::peek && o.work;
  if (o.action == Action::dead && o.subject != "list" && o.subject != "requeue" &&
      o.subject != "drop") {
    return error(Errc::usage, "--dead: expected list, requeue or drop, got \"", o.subject, "\"");
  }
  if (words.empty() || many || (one && words.size() == 1)) return {};
  return error(Errc::usage, words[0], ": the queue is named by -q or -w, a command comes after -x");
}

Result<void> read_queue(const Args& args, Options& o) {
  if (o.action == Action::list && !args.has("work") && !args.has("queue")) return {};
  Result<queue::Named> named = queue::find_queue(args);
  if (!named) return named.error();
  o.work = named->work;
  o.queue = std::move(named->queue);
  return {};
}

struct Number {
  std::string_view name;
  int64_t* to;
  int64_t fallback, min;
};

struct Span {
  std::string_view name;
  int64_t* to;
  double fallback, min;
};

Result<void> read_numbers(const Args& args, Options& o) {
  for (const Number& n :
       {Number{"count", &o.count, 0, 1}, Number{"jobs", &o.at_once, 1, 1},
        Number{"tries", &o.tries, 0, 0}, Number{"coalesce", &o.coalesce_ms, 0, 1}}) {
    const Result<int64_t> value = args.number(n.name, n.fallback, n.min, kMany);
    if (!value) return value.error();
    *n.to = *value;
  }
  int64_t timeout = 0, silent = 0;
  for (const Span& s :
       {Span{"lease", &o.lease_ms, kLease, 0.1}, Span{"backoff", &o.backoff_ms, kBackoff, 0},
        Span{"timeout", &timeout, 0, 0}, Span{"silent", &silent, 0, 0.001}}) {
    const Result<int64_t> value = args.milliseconds(s.name, s.fallback, s.min, kLongest);
    if (!value) return value.error();
    *s.to = *value;
  }
  if (args.has("timeout")) o.timeout_ms = timeout;
  if (args.has("silent")) o.silent_ms = silent;
  // Held items are settled by others: who asks for some gets them.
  if (args.has("hold") && !args.has("jobs") && o.count > 0) o.at_once = o.count;
  return {};
}

Result<void> read_values(const Args& args, Options& o) {
  if (Result<void> r = read_action(args, o); !r) return r;
  if (Result<void> r = check_use(args); !r) return r;
  if (Result<void> r = read_queue(args, o); !r) return r;
  if (Result<void> r = check_operands(args, o); !r) return r;
  o.name = args.value("id");
  if (args.has("id") && !queue::check_name(o.name)) {
    return error(Errc::usage, "-i: expected a name of letters, digits, '.', '_' and '-'");
  }
  o.keep_going = args.has("keep-going");
  o.hold = args.has("hold");
  o.end = args.has("null") ? '\0' : '\n';
  o.json = args.has("json");
  o.redis = args.value("redis");
  return read_numbers(args, o);
}

}  // namespace

Options parse_options(int argc, char** argv) {
  base::log::set_program("qwait");
  const Args args = base::parse_or_exit(kUsage, argc, argv, Args::Order::first_operand);
  Options o;
  if (const Result<void> r = read_values(args, o); !r) base::die(r.error());
  return o;
}

}  // namespace qwait
