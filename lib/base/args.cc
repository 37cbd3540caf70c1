#include "lib/base/args.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/version.h"

namespace base {

namespace {

struct Option {
  char letter = '\0';
  std::string_view name;
  bool takes_value = false;
};

std::string decimal(double n) {
  std::array<char, 32> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), n, std::chars_format::fixed);
  return {digits.data(), end.ptr};
}

// "  -q, --queue QUEUE   the queue" or "      --json   JSON lines"; nothing for other lines.
std::optional<Option> option_of(std::string_view line) {
  const size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos || start < 2 || line[start] != '-') return {};
  Option o;
  std::string_view rest = line.substr(start);
  if (rest.size() > 4 && rest[1] != '-' && rest.substr(2, 2) == ", ") {
    o.letter = rest[1];
    rest.remove_prefix(4);
  }
  if (!rest.starts_with("--")) return {};
  rest.remove_prefix(2);
  const std::string_view head = rest.substr(0, rest.find("  "));
  const size_t blank = head.find(' ');
  o.name = head.substr(0, blank);
  o.takes_value = blank != std::string_view::npos;
  return o;
}

std::vector<Option> options_of(std::string_view usage) {
  std::vector<Option> all;
  while (!usage.empty()) {
    const size_t end = usage.find('\n');
    if (auto o = option_of(usage.substr(0, end))) all.push_back(*o);
    usage.remove_prefix(end == std::string_view::npos ? usage.size() : end + 1);
  }
  return all;
}

const Option* find_letter(const std::vector<Option>& all, char letter) {
  for (const Option& o : all) {
    if (o.letter == letter) return &o;
  }
  return nullptr;
}

const Option* find_name(const std::vector<Option>& all, std::string_view name) {
  for (const Option& o : all) {
    if (o.name == name) return &o;
  }
  return nullptr;
}

// The words of the command line, taken one after the other.
struct Words {
  int argc;
  const char* const* argv;
  int at = 1;
  bool more() const { return at < argc; }
  std::string_view take() { return argv[at++]; }
};

using Given = std::map<std::string, std::vector<std::string>, std::less<>>;

Result<void> take_long(const std::vector<Option>& all, std::string_view word, Words& words,
                       Given& given) {
  const size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const Option* o = find_name(all, name);
  if (o == nullptr) return error(Errc::usage, "--", name, ": no such option");
  const bool inline_value = equals != std::string_view::npos;
  if (!o->takes_value) {
    if (inline_value) return error(Errc::usage, "--", name, ": takes no value");
    given[std::string(name)].emplace_back();
    return {};
  }
  if (!inline_value && !words.more()) return error(Errc::usage, "--", name, ": needs a value");
  given[std::string(name)].emplace_back(inline_value ? word.substr(equals + 1) : words.take());
  return {};
}

Result<void> take_letters(const std::vector<Option>& all, std::string_view letters, Words& words,
                          Given& given) {
  while (!letters.empty()) {
    const char letter = letters.front();
    letters.remove_prefix(1);
    const Option* o = find_letter(all, letter);
    if (o == nullptr) return error(Errc::usage, "-", letter, ": no such option");
    auto& values = given[std::string(o->name)];
    if (!o->takes_value) {
      values.emplace_back();
      continue;
    }
    if (letters.empty() && !words.more()) return error(Errc::usage, "-", letter, ": needs a value");
    values.emplace_back(letters.empty() ? words.take() : letters);
    return {};
  }
  return {};
}

void say(int fd, std::string_view text) {
  // A closed stdout or stderr leaves nobody to tell.
  static_cast<void>(static_cast<bool>(write_all(fd, text)));
}

}  // namespace

Result<Args> Args::parse(std::string_view usage, int argc, const char* const* argv, Order order) {
  const std::vector<Option> all = options_of(usage);
  Args args;
  Words words{argc, argv};
  bool options = true;
  while (words.more()) {
    const std::string_view word = words.take();
    if (!options || word.size() < 2 || word[0] != '-') {
      args.operands_.emplace_back(word);
      options = options && order == Order::anywhere;
      continue;
    }
    if (word == "--") {
      options = false;
      continue;
    }
    Result<void> taken = word[1] == '-' ? take_long(all, word.substr(2), words, args.given_)
                                        : take_letters(all, word.substr(1), words, args.given_);
    if (!taken) return taken.error();
  }
  return args;
}

int Args::count(std::string_view name) const {
  const auto it = given_.find(name);
  return it == given_.end() ? 0 : static_cast<int>(it->second.size());
}

std::string Args::value(std::string_view name, std::string_view fallback) const {
  const auto it = given_.find(name);
  return it == given_.end() ? std::string(fallback) : it->second.back();
}

std::vector<std::string> Args::values(std::string_view name) const {
  const auto it = given_.find(name);
  return it == given_.end() ? std::vector<std::string>() : it->second;
}

Result<int64_t> Args::number(std::string_view name, int64_t fallback, int64_t min,
                             int64_t max) const {
  if (!has(name)) return fallback;
  Result<int64_t> n = parse_number(value(name), min, max);
  if (!n) return error(Errc::usage, "--", name, ": ", n.error().what);
  return n;
}

Result<int64_t> Args::milliseconds(std::string_view name, double fallback, double min,
                                   double max) const {
  if (!has(name)) return static_cast<int64_t>(fallback * 1000);
  const std::string text = value(name);
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(seconds >= min && seconds <= max)) {
    return error(Errc::usage, "--", name, ": expected seconds from ", decimal(min), " to ",
                 decimal(max), ", got \"", text, "\"");
  }
  return static_cast<int64_t>(seconds * 1000);
}

Result<int64_t> parse_number(std::string_view text, int64_t min, int64_t max) {
  int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size() || n < min || n > max) {
    return error(Errc::bad_input, "expected a whole number from ", min, " to ", max, ", got \"",
                 text, "\"");
  }
  return n;
}

Args parse_or_exit(std::string_view usage, int argc, const char* const* argv, Args::Order order) {
  Result<Args> args = Args::parse(usage, argc, argv, order);
  if (!args) {
    say(STDERR_FILENO, cat(log::program(), ": ", args.error().what, "\n",
                           usage.substr(0, usage.find("\n\n")), "\n"));
    std::exit(kExitUsage);
  }
  if (args->has("help")) {
    say(STDOUT_FILENO, usage);
    std::exit(kExitOk);
  }
  if (args->has("version")) {
    say(STDOUT_FILENO, cat(log::program(), " (lineman) ", version(), "\n"));
    std::exit(kExitOk);
  }
  if (args->has("verbose")) log::set_level(log::Level::debug);
  return *args;
}

void end_with_usage(std::string_view usage, int status) {
  say(STDERR_FILENO, usage);
  std::exit(status);
}

void die(const Error& error) {
  say(STDERR_FILENO, cat(log::program(), ": ", log::printable(error.what), "\n"));
  switch (error.code) {
    case Errc::usage:
      std::exit(kExitUsage);
    case Errc::timeout:
      std::exit(kExitTimeout);
    default:
      std::exit(kExitSystem);
  }
}

std::string_view called_as(const char* argv0) {
  const std::string_view path = argv0 == nullptr ? "" : argv0;
  return path.substr(path.rfind('/') + 1);
}

}  // namespace base
