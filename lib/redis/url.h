// url: where a Redis is and how one gets in, from one line of text:
//
//   unix:/run/redis/redis.sock        unix:/path?user=NAME&passwordFile=FILE&db=N
//   redis://[user@]host:port          rediss://user@host:6379?passwordFile=F&ca=F&cert=F&key=F
//
// `rediss` is TLS: name and chain of the server are always verified, with `ca` or the system's
// authorities; `cert` and `key` are the client's. Pure, but for reading passwordFile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace redis {

struct Target {
  std::string path;  // a unix socket; empty: TCP
  std::string host;  // name or numeric address
  uint16_t port = 6379;
  bool tls = false;
  std::string user;      // ACL user; empty: the default one
  std::string password;  // never logged, never in `text`
  std::string ca, cert, key;
  int database = 0;
  std::string text;  // the URL without secrets, for messages
};

// Where a URL was found decides what may stand in it: a password on a command line can be read by
// everybody, so there it is refused (denied) with what to do instead.
enum class Source { command_line, environment, file };

base::Result<Target> parse_url(std::string_view url, Source source);

// The Redis that is meant: `option` (--redis; empty: not given), else $LINEMAN_REDIS, else the file
// redis.url in the configuration folder, else nothing: the embedded one (embedded.h). The file must
// be ours or root's.
base::Result<std::optional<Target>> find_target(const std::string& option);

}  // namespace redis
