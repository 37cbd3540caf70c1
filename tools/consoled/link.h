// Link: one connection to a receiver of records, kept up: a unix socket, or TCP to a name, TLS
// where there is a context. On the loop; blocks on nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/backoff.h"
#include "lib/net/dialler.h"
#include "lib/net/resolve.h"
#include "lib/net/stream.h"
#include "lib/tls/context.h"

namespace consoled {

struct LinkTarget {
  std::string path;  // a unix socket; else host and port
  std::string host;
  uint16_t port = 0;
  base::Duration timeout = std::chrono::seconds(3);
  std::shared_ptr<const tls::Context> tls;
};

class Link {
 public:
  struct Events {
    std::function<void()> up;
    std::function<void(std::string_view)> data;
    std::function<void()> down;  // what was sent may or may not have arrived
  };

  // `name`: of the logger, for the log.
  Link(net::Loop& loop, std::string name, LinkTarget target, Events events);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  bool up() const { return up_; }
  // While up.
  net::Stream& stream() { return *stream_; }
  const std::string& trouble() const { return trouble_; }
  // Ends the connection, as if it broke; not within data().
  void drop(const std::string& why);
  // It is worth something: the next wait is the shortest again.
  void good() { backoff_.reset(); }

 private:
  void dial();
  void dialled(base::Result<base::Fd> fd);
  void ready();
  void lose(const std::string& why);

  net::Loop& loop_;
  std::string name_;
  LinkTarget target_;
  Events events_;
  net::Backoff backoff_;
  net::Timer timer_;  // the next try, or the end of patience with a handshake
  std::unique_ptr<net::Dialler> dialler_;
  std::unique_ptr<net::NameDialler> name_dialler_;
  std::unique_ptr<net::Stream> stream_;
  bool up_ = false;
  std::string trouble_;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

}  // namespace consoled
