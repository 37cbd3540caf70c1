// Silence: what to do about a line that says nothing (the parameters idle, idle_string and
// idle_answer): after a while something is sent, and when that must be answered and is not, the
// line is dead, however well the connection looks. Owned by its Console, one per line.
#pragma once

#include <functional>

#include "lib/net/loop.h"
#include "tools/consoled/breaks.h"
#include "tools/consoled/node.h"

namespace consoled {

class Silence {
 public:
  struct Hooks {
    std::function<void(Steps)> send;
    std::function<void()> dead;
  };

  // For a node that has the parameter idle.
  Silence(net::Loop& loop, const Node& node, Hooks hooks);
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  // The line said something.
  void heard() {
    heard_ = loop_.now();
    probed_ = false;
  }

 private:
  void look();

  net::Loop& loop_;
  Hooks hooks_;
  base::Duration after_, answer_;  // answer 0: none is needed
  Steps probe_;
  base::Time heard_;
  bool probed_ = false;
  net::Timer timer_;
};

}  // namespace consoled
