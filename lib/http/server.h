// server: HTTP/1.1 on one listening socket: TCP, unix, or (by make_stream) TLS. Each request goes
// to the handler as an Exchange. Everything that a client may do wrong, or slowly, has a limit.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "lib/http/connection.h"
#include "lib/http/exchange.h"
#include "lib/net/listener.h"
#include "lib/net/loop.h"

namespace http {

using Handler = std::function<void(const ExchangePtr&)>;

// Counts connections, in all and per peer. A place is given back when its pointer goes.
class Places : public std::enable_shared_from_this<Places> {
 public:
  Places(size_t in_all, size_t per_peer) : in_all_(in_all), per_peer_(per_peer) {}
  // Who is there stays.
  void limit(size_t in_all, size_t per_peer) {
    in_all_ = in_all;
    per_peer_ = per_peer;
  }
  // Null: none is free. A peer without a name is one of all only.
  std::shared_ptr<void> take(const std::string& peer);
  size_t taken() const { return taken_; }

 private:
  void give_back(const std::string& peer);

  size_t in_all_, per_peer_;
  size_t taken_ = 0;
  std::map<std::string, size_t> peers_;
};

class Server {
 public:
  struct Options {
    size_t max_body = size_t{1} << 20;
    size_t max_connections = 1024;  // upgraded ones are counted, too
    size_t per_peer = 128;          // of one IPv4 address, IPv6 /64, or uid
    Patience patience = {};
    // Whether this peer may come in; null: everybody whom the socket lets in.
    std::function<bool(int fd)> admit = nullptr;
    // Makes a stream of another kind (TLS) over an accepted socket; null: a plain one.
    Connection::MakeStream make_stream = nullptr;
  };

  // As net::Listener.
  Server(net::Loop& loop, base::Fd socket, std::string remove, Handler handler, Options options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts no more; who is there is served on.
  void close() { listener_.close(); }
  // Other limits than those of the options, from now on.
  void limit(size_t max_connections, size_t per_peer, base::Duration header) {
    places_->limit(max_connections, per_peer);
    rules_.patience.header = header;
  }
  size_t connections() const { return places_->taken(); }
  // Nobody is there, and it may go.
  bool empty() const { return connections_.empty() && places_->taken() == 0; }
  uint64_t requests() const { return requests_; }
  uint64_t refused() const { return refused_; }

 private:
  void accept(base::Fd fd);
  void refuse(std::string_view who, std::string_view why);
  const std::string& date();

  Options options_;
  Handler handler_;
  std::shared_ptr<Places> places_;
  ConnectionRules rules_;
  uint64_t requests_ = 0;
  uint64_t refused_ = 0;
  base::Time logged_at_{};
  int64_t date_at_ = 0;
  std::string date_;
  std::list<std::shared_ptr<Connection>> connections_;
  net::Listener listener_;
};

}  // namespace http
