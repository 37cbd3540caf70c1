// Client: what all ssh connections of a daemon have in common. Made by main; lives longer than any
// of them.
#pragma once

#include <map>
#include <string>

#include "lib/net/loop.h"
#include "lib/ssh/handshakes.h"
#include "lib/ssh/key_store.h"
#include "lib/ssh/known_hosts.h"

namespace ssh {

struct Client {
  explicit Client(net::Loop& used, size_t handshakes_at_once = 8)
      : loop(used), handshakes(used, handshakes_at_once), keys(used) {}

  KnownHosts& known_hosts(const std::string& path) {
    return hosts_files.try_emplace(path, path).first->second;
  }

  net::Loop& loop;
  Handshakes handshakes;
  KeyStore keys;
  std::map<std::string, KnownHosts> hosts_files;
};

}  // namespace ssh
