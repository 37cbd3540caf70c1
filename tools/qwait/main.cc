// qwait: waits for what qput puts: a line for each signal, work under a lease; and looks after
// queues.
#include "lib/base/args.h"
#include "lib/net/loop.h"
#include "lib/queue/session.h"
#include "tools/qwait/admin.h"
#include "tools/qwait/options.h"
#include "tools/qwait/signal.h"
#include "tools/qwait/work.h"

using namespace qwait;

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  using queue::Want;
  auto place = queue::find_place(options.redis, options.asks() ? Want::to_ask : Want::to_work);
  if (!place) base::die(place.error());
  net::Loop loop;
  if (options.action != Action::wait) return administer(loop, options, std::move(*place));
  if (options.work) return Worker(loop, options, std::move(*place)).run();
  return Waiter(loop, options, std::move(*place)).run();
}
