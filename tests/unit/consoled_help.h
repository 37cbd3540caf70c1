// What the tests of consoled's parts share: a table of drivers that is smaller than the real one.
#pragma once

#include <array>
#include <string_view>

#include "lib/base/cat.h"
#include "tools/consoled/drivers.h"

namespace help {

inline constexpr std::array<consoled::Param, 2> kCmdParams = {
    {{"cmd", consoled::Param::Need::required, false, ""}, {"env", {}, false, ""}}};
inline constexpr std::array<consoled::Param, 3> kSshParams = {
    {{"host", consoled::Param::Need::required, false, ""},
     {"host_key_check", {}, false, ""},
     {"password", {}, true, ""}}};
inline constexpr consoled::DriverKind kCmd{"cmd", kCmdParams, nullptr, nullptr};
inline constexpr consoled::DriverKind kSsh{"ssh", kSshParams, nullptr, nullptr};
inline constexpr std::array<const consoled::DriverKind*, 2> kKinds = {&kCmd, &kSsh};

inline const consoled::DriverKind* kind(std::string_view name) {
  for (const consoled::DriverKind* k : kKinds) {
    if (k->name == name) return k;
  }
  return nullptr;
}

// As check_node has it.
inline base::Result<void> check(const consoled::Node& node) {
  const consoled::DriverKind* k = kind(node.driver);
  if (k == nullptr) return base::error(base::Errc::bad_input, "Driver not exist");
  for (const consoled::Param& p : k->params) {
    if (p.need == consoled::Param::Need::required && !node.params.contains(std::string(p.name))) {
      return base::error(base::Errc::bad_input, node.name, ": Please specify the parameter ",
                         p.name);
    }
  }
  return {};
}

}  // namespace help
