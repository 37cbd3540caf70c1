// qput: puts messages into a queue: a signal for all who wait, or work for one.
#include "lib/base/args.h"
#include "lib/net/loop.h"
#include "lib/queue/session.h"
#include "tools/qput/options.h"
#include "tools/qput/put.h"

using namespace qput;

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  auto place = queue::find_place(options.redis);
  if (!place) base::die(place.error());
  place->login.at_once = true;
  net::Loop loop;
  return Put(loop, options, std::move(*place)).run();
}
