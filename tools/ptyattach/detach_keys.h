// DetachKeys: finds the keys that detach in what is typed. What only looked like their beginning
// is passed on once it is not. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ptyattach {

class DetachKeys {
 public:
  explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}

  // Appends to `out` what is to be sent; true when the keys were complete, and then the rest of
  // what was typed is nobody's.
  bool filter(std::string_view typed, std::string& out);

 private:
  std::string keys_;
  size_t matched_ = 0;
};

}  // namespace ptyattach
