// Consoles: every console of this daemon, by name. Owned by main.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tools/consoled/console.h"

namespace consoled {

class Consoles {
 public:
  using Map = std::map<std::string, Console, std::less<>>;

  explicit Consoles(Shared& shared);

  // A node that was checked and is not here yet; it is connected if that is how it is defined.
  Console& add(const Node& node);
  // Its viewers are told, and go.
  void remove(std::string_view name);
  // Null: there is none.
  Console* find(std::string_view name);
  const Map& all() const { return all_; }
  Map& all() { return all_; }

  // Closes every line, for the end of the daemon; nothing is connected any more, also of what is
  // added later.
  void stop();
  void clear() { all_.clear(); }

  // Every journal's file is opened again.
  void reopen();

 private:
  void sweep();
  void look_at_disk();

  Shared& shared_;
  Map all_;
  bool stopping_ = false;
  int disk_error_ = 0;  // the journals', as it was logged
  net::Timer sweep_, disk_;
};

}  // namespace consoled
