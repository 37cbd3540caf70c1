#include "tools/tlspipe/options.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "lib/base/args.h"
#include "lib/base/log.h"

namespace tlspipe {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

namespace {

constexpr std::string_view kUsage =
    "usage: tlspipe [--ca file] [--cert file [--key file]] [--name name] [--timeout seconds] host "
    "port\n"
    "\n"
    "Stdin and stdout as a verified TLS connection; they may be one socket. Nothing is written\n"
    "before the peer was verified. The end of stdin is told to the peer, whose bytes still come.\n"
    "Status 99: no connection in time; 111: refused or broken. Used by the tools of lineman.\n"
    "\n"
    "      --ca FILE          authorities to trust instead of the system's\n"
    "      --cert FILE        our certificate, PEM\n"
    "      --key FILE         its private key [in the certificate's file]\n"
    "      --name NAME        whom the certificate must be for [HOST]\n"
    "      --timeout SECONDS  to connect, handshake included [10]\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

constexpr int64_t kLongestTimeout = 86400;
constexpr int64_t kLastPort = 65535;

Result<void> read_timeout(const Args& args, Options& o) {
  if (!args.has("timeout")) return {};
  const std::string text = args.value("timeout");
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(seconds > 0 && seconds <= kLongestTimeout)) {
    return error(Errc::usage, "--timeout: expected seconds up to ", kLongestTimeout);
  }
  o.timeout = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000) + 1);
  return {};
}

Result<void> read(const Args& args, Options& o) {
  if (args.operands().size() != 2) return error(Errc::usage, "expected HOST PORT");
  o.host = args.operands()[0];
  const Result<int64_t> port = base::parse_number(args.operands()[1], 1, kLastPort);
  if (!port) return error(Errc::usage, "PORT: ", port.error().what);
  o.port = static_cast<uint16_t>(*port);
  o.name = args.value("name", o.host);
  o.files = {args.value("ca"), args.value("cert"), args.value("key")};
  if (!o.files.key.empty() && o.files.cert.empty()) {
    return error(Errc::usage, "--key: needs --cert");
  }
  return read_timeout(args, o);
}

// Else the connection itself would become stdin or stdout.
Result<void> check_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) return error(Errc::usage, "descriptor ", fd, " is closed");
  }
  return {};
}

}  // namespace

Options parse_options(int argc, char** argv) {
  base::log::set_program("tlspipe");
  const Args args = base::parse_or_exit(kUsage, argc, argv, Args::Order::anywhere);
  Options o;
  if (const Result<void> r = read(args, o); !r) base::die(r.error());
  if (const Result<void> r = check_descriptors(); !r) base::die(r.error());
  return o;
}

}  // namespace tlspipe
