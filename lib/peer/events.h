// Events: what happens in a daemon, told to whoever wants to know (subscribers of the control
// socket). The emitters do not know the listeners. Owned by main.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace peer {

class Events {
 public:
  using Listener = std::function<void(std::string_view name, const nlohmann::json& fields)>;

  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  void emit(std::string_view name, const nlohmann::json& fields) const {
    for (const Listener& l : listeners_) l(name, fields);
  }

 private:
  std::vector<Listener> listeners_;
};

}  // namespace peer
