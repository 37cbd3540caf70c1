// resolve: the numeric addresses of a host, in the system's order of preference. A process of its
// own, because getaddrinfo(3) blocks as long as it likes: net::Resolve starts it, and ends it when
// its time is over.
#include <unistd.h>

#include <string>
#include <string_view>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/net/resolve.h"

namespace {

constexpr std::string_view kUsage =
    "usage: resolve host port\n"
    "\n"
    "The numeric addresses of a host, one a line, the preferred first: 127.0.0.1:6379, "
    "[::1]:6379.\n"
    "Status 1: there is no such host; 111: the resolver failed. Used by the tools of lineman.\n"
    "\n"
    "  -h, --help     this text\n"
    "  -V, --version  the version\n";

[[noreturn]] void fail(const base::Error& e) {
  if (e.code != base::Errc::not_found) base::die(e);
  base::log::error(e.what);
  std::exit(base::kExitNo);
}

}  // namespace

int main(int argc, char** argv) {
  base::log::set_program("resolve");
  const base::Args args = base::parse_or_exit(kUsage, argc, argv, base::Args::Order::anywhere);
  if (args.operands().size() != 2) base::die(base::error(base::Errc::usage, "expected HOST PORT"));
  const auto port = base::parse_number(args.operands()[1], 1, 65535);
  if (!port) base::die(base::in("PORT", base::error(base::Errc::usage, port.error().what)));
  const auto found = net::lookup(args.operands()[0], static_cast<uint16_t>(*port));
  if (!found) fail(found.error());
  std::string lines;
  for (const net::Address& a : *found) lines += a.text + "\n";
  if (const auto written = base::write_all(STDOUT_FILENO, lines); !written) {
    base::die(base::in("stdout", written.error()));
  }
  return base::kExitOk;
}
