// tlspipe: a verified TLS connection as stdin and stdout, for programs that link no OpenSSL.
#include <unistd.h>

#include <csignal>

#include "lib/base/args.h"
#include "lib/tls/context.h"
#include "tools/tlspipe/connect.h"
#include "tools/tlspipe/options.h"
#include "tools/tlspipe/pump.h"

using namespace tlspipe;

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  ::signal(SIGPIPE, SIG_IGN);
  const base::Time deadline = base::Clock::now() + options.timeout;
  const auto context = tls::Context::client(options.files);
  if (!context) base::die(context.error());
  auto session = connect(options, *context, deadline);
  if (!session) base::die(session.error());
  const auto done = Pump(std::move(*session), STDIN_FILENO, STDOUT_FILENO).run();
  if (!done) base::die(base::in(base::cat(options.host, ":", options.port), done.error()));
  return base::kExitOk;
}
