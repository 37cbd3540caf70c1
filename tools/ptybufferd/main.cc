// ptybufferd: keeps one command alive on a pty. From the last hop to the first: logs, ring and
// viewers' descriptors, keys, the job on its terminal, viewers, sockets.
#include <csignal>
#include <optional>

#include "lib/base/clock.h"
#include "lib/net/fanout.h"
#include "lib/net/limits.h"
#include "lib/net/loop.h"
#include "lib/net/notify.h"
#include "lib/peer/server.h"
#include "tools/ptybufferd/control.h"
#include "tools/ptybufferd/door.h"
#include "tools/ptybufferd/ending.h"
#include "tools/ptybufferd/front.h"
#include "tools/ptybufferd/job.h"
#include "tools/ptybufferd/launch.h"
#include "tools/ptybufferd/options.h"
#include "tools/ptybufferd/viewers.h"

using namespace ptybufferd;

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  check_alive(options);
  Launch launch(options);
  net::raise_descriptor_limit();
  net::Loop loop;
  auto sockets = bind_sockets(options);
  if (!sockets) return launch.failed(sockets.error());

  peer::Events events;
  net::Fanout fanout(loop, options.history_bytes);
  Logs logs(loop, options, fanout.ring());
  History history(fanout.ring(), options.history_lines, options.tail_lines);
  net::Keys keys;
  const Channel channel{fanout, history, logs, keys};
  Ending ending(loop, options, fanout, events);
  Job job(loop, options, launch.folder(), channel, events, [&](int code) { ending.begin(code); });
  Viewers viewers(loop, options, channel, job, events, sockets->data.get(),
                  [&] { ending.none_left(); });
  const auto stop = [&] { ending.begun() ? loop.stop() : job.stop(); };
  Control control(loop, options, base::wall_us(), channel, job, viewers, stop);
  Door door(loop, options, std::move(*sockets), viewers, control, events);
  const net::Signals signals(loop, {SIGTERM, SIGINT, SIGHUP, SIGCHLD}, [&](int number) {
    if (number == SIGCHLD) return job.reap();
    if (number == SIGHUP) return logs.reopen();
    stop();
  });

  if (auto opened = logs.open(); !opened) return launch.failed(opened.error());
  if (auto started = job.start(); !started) return launch.failed(started.error());
  if (base::Fd stdio = launch.take_stdio()) viewers.join(std::move(stdio));
  launch.up();
  net::notify("READY=1");
  loop.run();
  net::notify("STOPPING=1");
  return finish(logs, ending.code());
}
