#include "tools/qput/options.h"

#include <utility>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/queue/session.h"

namespace qput {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

const std::string_view kUsage =
    "usage: qput [-0jJv] [-q queue] [--max n] [--redis url] [message ...]\n"
    "       qput [-0jJv] -w queue [-p priority] [-u key] [--delay seconds] [--tries n]\n"
    "            [--max n [--drop-oldest]] [--result [-t seconds]] [--redis url] [message ...]\n"
    "\n"
    "Puts each message into a queue; without one, each line of stdin. A signal (-q) goes to all\n"
    "who wait for it with qwait; an item of work (-w) to one worker, which acknowledges it.\n"
    "\n"
    "  -q, --queue QUEUE      signal this queue [$LINEMAN_QUEUE, else notices]\n"
    "  -w, --work QUEUE       put work into this queue\n"
    "  -p, --priority N       0 (first) to 9 [5]\n"
    "  -u, --unique KEY       not while an item with KEY waits or runs; {} in it is the message\n"
    "      --delay SECONDS    not before that much later\n"
    "      --tries N          tried at most so often, then a dead letter [as qwait says]\n"
    "      --max N            work: refused with 1 when so many wait; signal: so many are kept "
    "[1000]\n"
    "      --drop-oldest      with --max: the oldest make room\n"
    "      --result           wait for the worker's output and exit status, and end with it\n"
    "  -t, --timeout SECONDS  with --result: wait so long at most, then 124\n"
    "  -0, --null             messages on stdin end with NUL, not newline\n"
    "  -J, --json-input       messages on stdin are JSON: \"text\" or {\"dataText\" or \"data\", "
    "...}\n"
    "  -j, --json             print {\"id\":...} for each\n"
    "      --redis URL        the Redis [$LINEMAN_REDIS, else redis.url, else an embedded one]\n"
    "  -v, --verbose          say more\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

namespace {

constexpr int64_t kMany = 1'000'000'000;
constexpr double kLongest = 10.0 * 366 * 86400;    // seconds
constexpr int64_t kResultMs = 24LL * 3600 * 1000;  // a result nobody fetches goes after a day
constexpr std::string_view kWorkOnly[] = {"priority",    "unique", "delay",  "tries",
                                          "drop-oldest", "result", "timeout"};

Result<void> check_use(const Args& args) {
  if (Result<void> r = queue::check_mode(args, kWorkOnly, {}); !r) return r;
  if (args.has("timeout") && !args.has("result")) {
    return error(Errc::usage, "--timeout: only with --result");
  }
  if (args.has("drop-oldest") && !args.has("max")) {
    return error(Errc::usage, "--drop-oldest: only with --max");
  }
  if (args.has("null") && args.has("json-input")) {
    return error(Errc::usage, "-0 and -J: stdin is one of them");
  }
  if (!args.operands().empty() && (args.has("null") || args.has("json-input"))) {
    return error(Errc::usage, args.has("null") ? "-0" : "-J",
                 ": is about stdin, and a message was given");
  }
  return {};
}

Result<void> read_numbers(const Args& args, Options& o) {
  const Result<int64_t> priority = args.number("priority", 5, 0, queue::kPriorities - 1);
  if (!priority) return priority.error();
  const Result<int64_t> tries = args.number("tries", 0, 0, kMany);
  if (!tries) return tries.error();
  const Result<int64_t> max = args.number("max", 0, 1, kMany);
  if (!max) return max.error();
  o.put.priority = static_cast<int>(*priority);
  o.put.limit = static_cast<int>(*tries);
  o.put.max = static_cast<uint64_t>(*max);
  if (*max > 0) o.signal = {.ring = o.put.max, .exact = true};
  const Result<int64_t> delay = args.milliseconds("delay", 0, 0, kLongest);
  if (!delay) return delay.error();
  o.put.delay_ms = *delay;
  const Result<int64_t> timeout = args.milliseconds("timeout", 0, 0, kLongest);
  if (!timeout) return timeout.error();
  if (args.has("timeout")) o.timeout_ms = *timeout;
  return {};
}

Result<void> read_values(const Args& args, Options& o) {
  if (Result<void> r = check_use(args); !r) return r;
  Result<queue::Named> named = queue::find_queue(args);
  if (!named) return named.error();
  o.work = named->work;
  o.queue = std::move(named->queue);
  o.put.unique = args.value("unique");
  if (args.has("unique") && o.put.unique.empty()) {
    return error(Errc::usage, "--unique: an empty key");
  }
  using Over = queue::PutOptions::Over;
  o.put.over = args.has("drop-oldest") ? Over::drop_oldest : Over::refuse;
  o.end = args.has("null") ? '\0' : '\n';
  o.json_input = args.has("json-input");
  o.json = args.has("json");
  o.result = args.has("result");
  if (o.result) o.put.result_ms = kResultMs;
  o.redis = args.value("redis");
  o.messages = args.operands();
  return read_numbers(args, o);
}

}  // namespace

Options parse_options(int argc, char** argv) {
  base::log::set_program("qput");
  const Args args = base::parse_or_exit(kUsage, argc, argv, Args::Order::anywhere);
  Options o;
  if (const Result<void> r = read_values(args, o); !r) base::die(r.error());
  return o;
}

}  // namespace qput
