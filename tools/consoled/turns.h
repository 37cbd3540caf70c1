// Turns: who may connect, and when. So many at once in all and to one host, with a pause between
// two to the same host; hosts take turns, and to one host it goes in order. Nobody is forgotten:
// who asked has a turn, or leaves.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>

#include "lib/net/loop.h"

namespace consoled {

class Turns {
 public:
  struct Limits {
    size_t at_once = 64;
    size_t per_host = 2;
    base::Duration host_interval{};
  };
  using Who = const void*;

  Turns(net::Loop& loop, Limits limits);

  // `turn` is called from the loop, once. An empty host has no limits of its own. One that is
  // waiting already, or has a turn, must not ask again.
  void ask(Who who, const std::string& host, std::function<void()> turn);
  // It does not wait any more, or is done with its turn; nothing for a stranger.
  void leave(Who who);

  void limit(Limits limits);
  size_t waiting() const { return asked_.size() - active_; }
  size_t active() const { return active_; }

 private:
  struct Host {
    std::list<Who> waiting;
    size_t active = 0;
    bool listed = false;  // in rotation_
    base::Time next{};
  };
  using Hosts = std::map<std::string, Host>;
  struct Asked {
    Hosts::iterator host;
    std::list<Who>::iterator place;
    std::function<void()> turn;  // null: it has its turn
  };

  void list(Hosts::iterator host);
  void arm(base::Time when);
  void give();
  bool may_go(const Hosts::iterator& host) const;
  void give_to(Hosts::iterator host);
  void tidy(Hosts::iterator host);

  net::Loop& loop_;
  Limits limits_;
  Hosts hosts_;
  std::list<Hosts::iterator> rotation_;  // hosts with somebody who waits and may go
  std::unordered_map<Who, Asked> asked_;
  size_t active_ = 0;
  base::Time armed_{};
  net::Timer timer_;
};

}  // namespace consoled
