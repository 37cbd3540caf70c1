// Client: what all ssh connections of a daemon have in common. Made by main; lives longer than any
// of them.
#pragma once

#include "lib/net/loop.h"
#include "lib/ssh/handshakes.h"
#include "lib/ssh/key_store.h"
#include "lib/ssh/known_hosts_files.h"

namespace ssh {

struct Client {
  explicit Client(net::Loop& used, size_t handshakes_at_once = 8)
      : loop(used), handshakes(used, handshakes_at_once), known_hosts(used) {}

  net::Loop& loop;
  Handshakes handshakes;
  // Files with passwords and keys. Its end waits for a key that is just being opened: libcrypto is
  // taken down when the process ends, and must not be under a thread's feet then.
  net::DiskJobs secrets{loop, std::chrono::seconds(2)};
  KeyStore keys{secrets};
  KnownHostsFiles known_hosts;
};

}  // namespace ssh
