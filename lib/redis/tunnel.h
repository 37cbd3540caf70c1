// tunnel: TLS to a Redis, spoken by libexec/lineman/tlspipe, whose stdin and stdout are the other
// end of a socket pair; so who uses it links no OpenSSL. Owns the process, and ends it when it
// goes.
//
// A server may refuse our certificate after the handshake, and then tlspipe alone hears why. So a
// PING goes through before the descriptor is handed over: any answer proves the connection.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/net/child.h"
#include "lib/net/loop.h"
#include "lib/redis/url.h"

namespace redis {

class Tunnel {
 public:
  using Done = std::function<void(base::Result<base::Fd>)>;

  // Starts at once; `done` is called once, from the loop, before the deadline, unless the Tunnel
  // goes first. An error is the last thing that tlspipe said. `done` may not delete the Tunnel, and
  // the descriptor is dead without it.
  Tunnel(net::Loop& loop, const Target& target, base::Time deadline, Done done);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

 private:
  base::Result<void> start(const Target& target, base::Duration patience);
  void answered();
  void read_words();
  void exited(int status);
  void finish(base::Result<base::Fd> result);

  net::Loop& loop_;
  std::string text_;
  Done done_;
  base::Fd socket_, errors_;
  std::string answer_;  // to the PING, as far as it has come
  std::string words_;   // what tlspipe said on stderr; the end of it
  std::unique_ptr<net::Child> child_;
  std::unique_ptr<net::Watch> answer_watch_, words_watch_;
  base::Result<void> started_;
  net::Timer timer_;
};

}  // namespace redis
