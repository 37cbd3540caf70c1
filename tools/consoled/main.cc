// consoled: keeps many consoles open, logged and shared. From the last hop to the first: journals,
// turns, consoles, definitions, what faces may ask for, faces.
#include <csignal>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/net/notify.h"
#include "lib/peer/server.h"
#include "tools/consoled/ending.h"
#include "tools/consoled/front_ctl.h"
#include "tools/consoled/fronts.h"
#include "tools/consoled/setup.h"

using namespace consoled;

int main(int argc, char** argv) {
  base::fill_standard_files();
  const Options options = parse_options(argc, argv);
  Config config = configure(options);
  const int64_t started = base::wall_us();
  net::Loop loop;
  net::SessionEnd session_end(loop);
  ssh::Client ssh(loop, config.connect.handshakes);
  auto around = surroundings(loop, session_end, ssh, config);
  if (!around) base::die(around.error());
  auto sockets = bind_sockets(config);
  if (!sockets) base::die(sockets.error());

  peer::Events events;
  Journals journals(loop, config.journal);
  Turns turns(loop, turn_limits(config));
  Publishers publishers(loop, journals.reads());
  publishers.apply(config);
  Shared shared{loop, config, *around, journals, turns, events, &publishers, started};
  Consoles consoles(shared);
  net::DiskJobs disk(loop, std::chrono::seconds(2));
  auto definitions = open_definitions(options, config, loop, disk);
  if (!definitions) base::die(definitions.error());
  Nodes nodes(definitions->get(), consoles);
  Reload reload(options, config, events, turns, consoles, publishers);
  Ending ending(loop, session_end, consoles, journals, definitions->get());
  ControlCommands commands(shared, nodes, started,
                           {[&] { return reload(); }, [&] { ending.begin(); }});
  const auto fronts = Fronts::open(shared, nodes, commands, std::move(*sockets), started);
  if (!fronts) base::die(fronts.error());
  const net::Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int number) {
    if (number != SIGHUP) return ending.begin();
    if (auto done = reload(); !done) base::log::error("reload: ", done.error().what);
  });

  if (auto ready = journals.start(); !ready) base::die(ready.error());
  nodes.begin();
  if (options.pty) consoles.add(pty_node(*options.pty));
  net::notify("READY=1");
  loop.run();
  return ending.finish();
}
