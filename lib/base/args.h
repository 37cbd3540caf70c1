// args: command line options, as getopt(3) and GNU long options write them, learnt from the tool's
// own help text. That text is the one constant a tool has: what it describes is what is accepted.
//
//   usage: qput [-q QUEUE] [MESSAGE ...]       the first paragraph stands in the manual's SYNOPSIS
//
//     -q, --queue QUEUE   the queue            a line per option: blanks, letter, long name, VALUE,
//         --json          JSON lines           at least two blanks, what it does
//
// Letters may be joined (-cf) and carry their value (-n5); long options take --name VALUE or
// --name=VALUE and are never abbreviated. `--` ends the options.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace base {

// Exit statuses of client tools (DESIGN, part 4). A tool with more lists them in its manual.
enum Exit : int {
  kExitOk = 0,
  kExitNo = 1,
  kExitTimeout = 99,
  kExitUsage = 100,
  kExitSystem = 111,
};

class Args {
 public:
  // `first_operand`: options end at the first operand (a command line follows); `anywhere`:
  // options and operands may be mixed.
  enum class Order { first_operand, anywhere };

  // Errors are of code usage and name the option. `usage` must outlive the Args.
  static Result<Args> parse(std::string_view usage, int argc, const char* const* argv, Order order);

  bool has(std::string_view name) const { return count(name) > 0; }
  // How often the option was given (-qq).
  int count(std::string_view name) const;
  // The last value given, or `fallback`.
  std::string value(std::string_view name, std::string_view fallback = "") const;
  // All values given, in order.
  std::vector<std::string> values(std::string_view name) const;
  // The same as a whole number from min to max (decimal; a leading 0 is not octal).
  Result<int64_t> number(std::string_view name, int64_t fallback, int64_t min, int64_t max) const;
  // Seconds, with a fraction if need be, as milliseconds; all but the value in seconds.
  Result<int64_t> milliseconds(std::string_view name, double fallback, double min,
                               double max) const;
  // What is not an option, in order.
  const std::vector<std::string>& operands() const { return operands_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
  std::vector<std::string> operands_;
};

// A whole decimal number from min to max; the error says what was expected.
Result<int64_t> parse_number(std::string_view text, int64_t min, int64_t max);

// What every tool does first: --help and --version are answered on stdout and end the process with
// 0; a usage error is said on stderr with the first line of the usage and ends it with kExitUsage.
Args parse_or_exit(std::string_view usage, int argc, const char* const* argv, Args::Order order);

// The whole text on stderr, as programs did that ours take the names of; and the end.
[[noreturn]] void end_with_usage(std::string_view usage, int status);

// Ends a client tool: `tool: what` on stderr, and the status that fits the error.
[[noreturn]] void die(const Error& error);

// The name the program was called by, without its folder.
std::string_view called_as(const char* argv0);

}  // namespace base
