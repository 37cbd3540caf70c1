#include "tools/ptyattach/options.h"

#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdlib>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/peer/attach.h"

namespace ptyattach {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

const std::string_view kUsage =
    "usage: ptyattach [-beinqrv] [-p text] [-x keys] [--from where] [--linger seconds] name\n"
    "       ptyattach [-v] [--from where] {name,name | glob} ...\n"
    "       ptyattach [-jv] [name ...]\n"
    "\n"
    "A terminal on a job of ptybufferd; several at once to look at; without a name, what runs.\n"
    "A name is a job's in the runtime or autostart folder; a unique beginning is enough.\n"
    "\n"
    "  -b, --batch            stdin is data, also from a terminal: no raw mode, no keys\n"
    "  -e, --close            close the sending side when the text of -p was sent\n"
    "  -i, --no-newline       send no newline after the text of -p\n"
    "  -n, --no-stdin         do not read stdin\n"
    "  -p, --print TEXT       send TEXT first\n"
    "  -q, --quiet            show nothing that comes; twice: show what is there, and leave\n"
    "  -r, --readonly         only look; the daemon sees to it\n"
    "  -x, --detach KEYS      detach keys, as ^X, a character, or hex bytes [^\\]\n"
    "  -j, --json             list as JSON lines\n"
    "      --from WHERE       begin with all, line (whole lines), now, or at EPOCH:OFFSET[:RUN] "
    "[line]\n"
    "      --linger SECONDS   after the end of stdin, wait so long for output [0.5]\n"
    "  -v, --verbose          say more, as where it ended: EPOCH:OFFSET[:RUN]\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

namespace {

constexpr std::string_view kDefaultDetach = "\x1c";  // ^\ as tmux's and dtach's users know it
constexpr int kOldUsage = 1;
constexpr int kOldFailure = 255;                         // for everything else
constexpr double kLinger = 0.5, kLongestLinger = 86400;  // seconds
constexpr char kDelete = 0x7f;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What Ctrl makes of a key; nothing where it makes nothing.
std::optional<char> control_key(char c) {
  const int upper = std::toupper(static_cast<unsigned char>(c));
  if (upper == '?') return kDelete;
  if (upper < '@' || upper > '_') return {};
  return static_cast<char>(upper & 0x1f);
}

// "^A", "^Ad", "^A^D", "q", "1b1b1b": what a person writes for keys.
Result<std::string> keys_of(std::string_view text) {
  std::string out;
  if (text.size() == 1) return std::string(text);
  for (size_t i = 0; text.starts_with('^') && i < text.size(); i++) {
    const auto key = text[i] != '^' || i + 1 == text.size() ? text[i] : control_key(text[++i]);
    if (!key) return error(Errc::usage, text, ": there is no ^", text[i]);
    out += *key;
  }
  if (!out.empty()) return out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) break;
    out += static_cast<char>(high * 16 + low);
  }
  if (out.empty() || out.size() * 2 != text.size()) {
    return error(Errc::usage, text, ": expected ^X, one character, or hex bytes");
  }
  return out;
}

Result<void> read_detach(const Args& args, Options& o) {
  const char* variable = std::getenv("LINEMAN_DETACH");
  const std::string text = args.has("detach")    ? args.value("detach")
                           : variable != nullptr ? variable
                                                 : "";
  if (text.empty()) {
    o.detach = std::string(kDefaultDetach);
    return {};
  }
  const Result<std::string> keys = keys_of(text);
  if (!keys) return in(args.has("detach") ? "--detach" : "LINEMAN_DETACH", keys.error());
  o.detach = *keys;
  return {};
}

// EPOCH:OFFSET or EPOCH:OFFSET:RUN
std::optional<peer::Place> place_of(std::string_view text) {
  std::array<int64_t, 3> numbers{};
  size_t count = 0;
  while (true) {
    const size_t colon = text.find(':');
    const auto number = base::parse_number(text.substr(0, colon), 0, peer::kMaxOffset);
    if (!number || count == numbers.size()) return {};
    numbers[count++] = *number;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  if (count < 2) return {};
  return peer::Place{numbers[0], static_cast<uint64_t>(numbers[1]), numbers[2]};
}

Result<void> read_values(const Args& args, Options& o) {
  if (args.has("print")) o.text = args.value("print");
  o.from = args.value("from", "line");
  if (o.from != "line" && o.from != "all" && o.from != "now") {
    o.place = place_of(o.from);
    if (!o.place)
      return error(Errc::usage, "--from: expected all, line, now or EPOCH:OFFSET[:RUN]");
  }
  const Result<int64_t> linger = args.milliseconds("linger", kLinger, 0, kLongestLinger);
  if (!linger) return linger.error();
  o.linger = std::chrono::milliseconds(*linger);
  return read_detach(args, o);
}

void read_flags(const Args& args, Options& o) {
  o.readonly = args.has("readonly");
  o.ignore_stdin = args.has("no-stdin");
  o.batch = args.has("batch");
  o.close_after = args.has("close");
  o.no_newline = args.has("no-newline");
  o.quiet = args.count("quiet");
  o.json = args.has("json");
  if (args.has("verbose")) base::log::set_level(base::log::Level::debug);
  o.targets = args.operands();
  // The old client read nothing from pipes unless told to.
  if (o.old_name && ::isatty(STDIN_FILENO) == 0 && !o.batch) o.ignore_stdin = true;
}

}  // namespace

int failure(const Options& options, int status) {
  return options.old_name ? kOldFailure : status;
}

void give_up(const Options& options, const base::Error& error) {
  if (!options.old_name) base::die(error);
  base::log::error(error.what);
  std::exit(kOldFailure);
}

Options parse_options(int argc, char** argv) {
  Options o;
  o.old_name = base::called_as(argv[0]) == "ptybufferconnect";
  base::log::set_program(o.old_name ? "ptybufferconnect" : "ptyattach");
  if (o.old_name) {
    const Result<Args> old = Args::parse(kUsage, argc, argv, Args::Order::anywhere);
    if (!old || old->has("help") || old->operands().empty())
      base::end_with_usage(kUsage, kOldUsage);
  }
  const Args args = base::parse_or_exit(kUsage, argc, argv, Args::Order::anywhere);
  read_flags(args, o);
  if (const Result<void> r = read_values(args, o); !r) give_up(o, r.error());
  return o;
}

std::string key_name(std::string_view keys) {
  std::string out;
  for (const char c : keys) {
    if (c == kDelete || static_cast<unsigned char>(c) < 0x20) {
      out += base::cat("^", static_cast<char>(c ^ 0x40));
    } else {
      out += base::log::printable({&c, 1});
    }
  }
  return out;
}

}  // namespace ptyattach
