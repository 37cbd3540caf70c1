#include "tools/ptybufferd/options.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/paths.h"
#include "lib/base/select.h"
#include "lib/net/address.h"
#include "lib/net/limits.h"
#include "lib/peer/control_name.h"

namespace ptybufferd {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

const std::string_view kUsage =
    "usage: ptybufferd [-acdefgikpqrsvwR] [-l file] [-n lines] [-o file] [-S rowsxcols]\n"
    "                  [-t lines] [-u mask] [-y info] [--auth none] [--control path]\n"
    "                  [--history-bytes bytes] [--rotate-bytes bytes] [--rotate-files count]\n"
    "                  [--term type] {socket | --name name} command [argument ...]\n"
    "       ptybufferd [option ...] -A device {socket | --name name}\n"
    "       ptybufferd -c {socket | --name name}\n"
    "\n"
    "Keeps one command alive on a pty, with history, a log and a socket for viewers.\n"
    "socket: a path, @name (abstract), with -r host:port; - for stdin and stdout alone.\n"
    "\n"
    "  -a, --about                begin with an about block for each viewer\n"
    "  -c, --check                exit 42 if the socket answers; 24 if not and no command\n"
    "  -d, --foreground           stay in the foreground, end with the command's status\n"
    "  -e, --echo-input           show input in the output as [sent: ...]\n"
    "  -f, --force                remove a dead socket that is in the way\n"
    "  -g, --tolerate             go on where a log file cannot be opened\n"
    "  -i, --immediate            pass input on as it comes, not line by line\n"
    "  -k, --drop-unfinished      drop an unfinished line when its viewer leaves\n"
    "  -l, --log FILE             activity log; - for stderr\n"
    "  -n, --lines LINES          lines of history for a new viewer [1000]\n"
    "  -o, --output FILE          append all output to FILE; - for stdout\n"
    "  -p, --stamp                begin each line of that file with the time (GMT)\n"
    "  -q, --quiet                no banner at the start, no log on stderr\n"
    "  -r, --tcp                  socket is host:port or :port\n"
    "  -s, --stdio                stdin and stdout are the first viewer\n"
    "  -t, --tail LINES           lines of the history shown at first [-1: all]\n"
    "  -u, --umask MASK           octal, for socket and files, not for the command\n"
    "  -w, --wait                 serve viewers after the end until the last one leaves\n"
    "  -y, --info INFO            PTYBUFFER_INFO for the command\n"
    "  -A, --attach DEVICE        serve an existing pty or tty instead of a command\n"
    "  -R, --restart              start the command again when it ends\n"
    "  -S, --size ROWSxCOLS       window size at the start [24x80]\n"
    "      --auth none            with -r: listen beyond loopback, to anybody\n"
    "      --control PATH         control socket [socket's name with .ctl]\n"
    "      --history-bytes BYTES  memory for the history, at most [1048576]\n"
    "      --name NAME            instead of socket: NAME.sock in the runtime folder\n"
    "      --rotate-bytes BYTES   begin a new log or output file at this size [0: never]\n"
    "      --rotate-files COUNT   old files to keep, compressed [4]\n"
    "      --term TYPE            TERM for the command [xterm-256color]\n"
    "  -v, --verbose              log more\n"
    "  -h, --help                 this text\n"
    "  -V, --version              the version\n";

namespace {

constexpr int64_t kMinHistory = 16 * 1024;
constexpr int64_t kMaxHistory = int64_t{4} << 30;
constexpr int64_t kMaxLines = int64_t{1} << 40;
constexpr int64_t kMaxOldFiles = 999;
constexpr size_t kMaxInfo = 8192;  // BUFSIZ, as in ptybuffer
constexpr int kOldUsage = 1, kOldFailure = 255;

Result<mode_t> octal(std::string_view text) {
  mode_t mask = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return error(Errc::usage, "--umask: expected octal digits");
    mask = mask * 8 + static_cast<mode_t>(c - '0');
    if (mask > 0777) return error(Errc::usage, "--umask: more than 0777");
  }
  return mask;
}

void read_flags(const Args& args, Options& o) {
  o.about = args.has("about");
  o.check = args.has("check");
  o.foreground = args.has("foreground");
  o.echo_input = args.has("echo-input");
  o.force = args.has("force");
  o.tolerate = args.has("tolerate");
  o.immediate = args.has("immediate");
  o.drop_unfinished = args.has("drop-unfinished");
  o.stamp = args.has("stamp");
  o.quiet = args.has("quiet");
  o.tcp = args.has("tcp");
  o.stdio = args.has("stdio");
  o.wait = args.has("wait");
  o.restart = args.has("restart");
  o.info = args.value("info");
  o.terminal = args.value("term", "xterm-256color");
}

Result<void> read_numbers(const Args& args, Options& o) {
  struct Number {
    std::string_view name;
    int64_t fallback, min, max, value;
  };
  Number all[] = {{"lines", 1000, 1, kMaxLines, 0},
                  {"tail", -1, -1, kMaxLines, 0},
                  {"history-bytes", 1 << 20, kMinHistory, kMaxHistory, 0},
                  {"rotate-bytes", 0, 0, INT64_MAX, 0},
                  {"rotate-files", 4, 0, kMaxOldFiles, 0}};
  for (Number& n : all) {
    const Result<int64_t> r = args.number(n.name, n.fallback, n.min, n.max);
    if (!r) return r.error();
    n.value = *r;
  }
  o.history_lines = all[0].value;
  o.tail_lines = all[1].value;
  o.history_bytes = static_cast<size_t>(all[2].value);
  o.rotate_bytes = static_cast<uint64_t>(all[3].value);
  o.rotate_files = static_cast<unsigned>(all[4].value);
  return {};
}

std::string file_name(const std::string& name) {
  return name.empty() || name == "-" ? name : base::paths::absolute(name);
}

Result<void> read_values(const Args& args, Options& o) {
  if (args.has("size")) {
    const Result<pty::Size> s = pty::parse_size(args.value("size"));
    if (!s) return in("--size", s.error());
    o.size = *s;
  }
  if (args.has("umask")) {
    const Result<mode_t> m = octal(args.value("umask"));
    if (!m) return m.error();
    o.file_umask = *m;
  }
  if (args.has("auth") && args.value("auth") != "none") {
    return error(Errc::usage, "--auth: only \"none\" is known");
  }
  o.no_auth = args.has("auth");
  if (o.info.size() > kMaxInfo || o.info.find('\n') != std::string::npos) {
    return error(Errc::usage, "--info: expected one line of at most ", kMaxInfo, " bytes");
  }
  o.log = file_name(args.value("log"));
  o.output = file_name(args.value("output"));
  o.device = file_name(args.value("attach"));
  return {};
}

// The socket: the first operand, or --name's.
Result<void> read_socket(const Args& args, Options& o) {
  o.command = args.operands();
  std::string socket;
  if (args.has("name")) {
    if (!base::valid_name(args.value("name"))) {
      return error(Errc::usage, "--name: expected 1 to 128 of A-Za-z0-9._-");
    }
    if (o.tcp) return error(Errc::usage, "--name: not with --tcp");
    const Result<std::string> folder = base::paths::make_runtime();
    if (!folder) return folder.error();
    socket = base::cat(*folder, "/", args.value("name"), ".sock");
  } else if (o.command.empty()) {
    return error(Errc::usage, "a socket is needed");
  } else {
    socket = o.command.front();
    o.command.erase(o.command.begin());
  }
  const bool plain = !o.tcp && socket != "-" && !socket.starts_with('@');
  o.socket = plain ? base::paths::absolute(socket) : socket;
  o.stdio = o.stdio || socket == "-";
  return {};
}

Result<void> read_control(const Args& args, Options& o) {
  if (args.has("control")) {
    const std::string name = args.value("control");
    o.control = name.starts_with('@') ? name : base::paths::absolute(name);
  } else if (!o.tcp && o.socket != "-") {
    o.control = peer::control_name(o.socket);
    const Result<net::Address> fits = net::unix_address(o.control);
    if (!fits) {
      o.control_left_out = fits.error().what;
      o.control.clear();
    }
  }
  return {};
}

Result<void> check_sense(const Options& o) {
  if (o.check && (o.tcp || o.socket == "-")) {
    return error(Errc::usage, "--check: only for unix sockets");
  }
  if (!o.device.empty() && (!o.command.empty() || o.restart)) {
    return error(Errc::usage, "--attach: takes no command");
  }
  if (o.device.empty() && o.command.empty() && !o.check) {
    return error(Errc::usage, "a command is needed");
  }
  if (o.stdio && o.output == "-") {
    return error(Errc::usage, "--stdio and --output -: both want stdout");
  }
  return {};
}

[[noreturn]] void refuse(const Options& o, const base::Error& e) {
  const int status = o.old_name              ? (e.code == Errc::usage ? kOldUsage : kOldFailure)
                     : e.code == Errc::usage ? base::kExitUsage
                                             : base::kExitSystem;
  const std::string use =
      e.code == Errc::usage ? base::cat("\n", kUsage.substr(0, kUsage.find("\n\n")), "\n") : "\n";
  std::fprintf(stderr, "%s: %s%s", base::log::program().c_str(), e.what.c_str(), use.c_str());
  std::exit(status);
}

// ptybuffer's help goes to stderr and ends with 1.
}  // namespace

Options parse_options(int argc, char** argv) {
  Options o;
  o.caller = ::getppid();
  o.child_descriptors = net::descriptor_limit();
  o.child_umask = ::umask(022);
  ::umask(o.child_umask);
  o.file_umask = o.child_umask;
  o.old_name = base::called_as(argv[0]) == "ptybuffer";
  base::log::set_program(o.old_name ? "ptybuffer" : "ptybufferd");
  if (o.old_name) {
    const Result<Args> old = Args::parse(kUsage, argc, argv, Args::Order::first_operand);
    if (!old) refuse(o, old.error());
    if (old->has("help")) base::end_with_usage(kUsage, kOldUsage);
  }
  const Args args = base::parse_or_exit(kUsage, argc, argv, Args::Order::first_operand);
  read_flags(args, o);
  for (const auto step : {read_numbers, read_values, read_socket, read_control}) {
    if (const Result<void> r = step(args, o); !r) refuse(o, r.error());
  }
  if (const Result<void> r = check_sense(o); !r) refuse(o, r.error());
  // The command gets the caller's back; files that are made must not be less open than -u says.
  ::umask(o.file_umask);
  return o;
}

}  // namespace ptybufferd
