// Server: a unix socket on which peers give commands from one table. What every daemon has is here:
// "hold", "events", "version" and "help".
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/listener.h"
#include "lib/peer/peer.h"
#include "lib/wire/object.h"

namespace peer {

struct Command {
  std::string_view name;
  // Takes its arguments out of `arguments`, asks that for end() before it acts, and answers with
  // the fields to put beside "ok".
  std::function<base::Result<wire::Json>(Peer&, wire::Object& arguments)> run;
};

class Server {
 public:
  struct Options {
    bool any_uid = false;  // false: only our own uid and root; true: the socket's mode decides
    size_t per_uid = 64;   // connections of one uid at once
  };

  Server(net::Loop& loop, base::Fd socket, std::string remove, std::vector<Command> commands,
         Options options);

  // To every subscriber: {"event":NAME,"time":T,...fields}.
  void publish(std::string_view name, wire::Json fields);
  size_t subscribers() const;
  void close() { listener_.close(); }

 private:
  void accept(base::Fd fd);
  bool allowed(const Who& who) const;
  bool full(const Who& who);
  std::string too_many() const;
  base::Result<wire::Json> dispatch(Peer& peer, const wire::Json& request, const wire::Item& item,
                                    wire::Note& wrong);
  wire::Json help() const;

  net::Loop& loop_;
  std::vector<Command> commands_;
  Options options_;
  std::list<Peer> peers_;
  bool full_told_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();  // for what is deferred and outlived
  net::Listener listener_;
};

}  // namespace peer
