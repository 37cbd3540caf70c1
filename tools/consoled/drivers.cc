#include "tools/consoled/drivers.h"

#include <algorithm>
#include <array>

#include "tools/consoled/breaks.h"
#include "tools/consoled/driver_cmd.h"
#include "tools/consoled/driver_ptybuffer.h"
#include "tools/consoled/driver_ssh.h"
#include "tools/consoled/driver_tcp.h"
#include "tools/consoled/driver_telnet.h"
#include "tools/consoled/driver_tty.h"
#include "tools/consoled/driver_unix.h"
#include "tools/consoled/params.h"

namespace consoled {

namespace {

constexpr std::array kDrivers = {
    &kCmdDriver, &kPtybufferDriver, &kSshDriver, &kSshcmdDriver,
    &kTcpDriver, &kTelnetDriver,    &kTtyDriver, &kUnixDriver,
};

// What the console itself reads.
base::Result<void> check_common(const Node& node) {
  constexpr int64_t kDay = 86'400;
  for (const char* name : {"idle", "idle_answer"}) {
    if (auto good = check_number(node, name, 1, kDay); !good) return good;
  }
  const auto chat = parse_chat(param(node, "initcmd"), kBreakDelay);
  return chat ? base::Result<void>{} : bad_param(node, "initcmd", chat.error().what);
}

}  // namespace

std::span<const DriverKind* const> driver_kinds() {
  return kDrivers;
}

const DriverKind* driver_kind(std::string_view name) {
  const auto at = std::find_if(kDrivers.begin(), kDrivers.end(),
                               [&](const DriverKind* k) { return k->name == name; });
  return at == kDrivers.end() ? nullptr : *at;
}

base::Result<void> check_node(const Node& node) {
  if (node.driver.empty()) return base::error(base::Errc::bad_input, "Driver is not defined");
  const DriverKind* kind = driver_kind(node.driver);
  if (kind == nullptr) return base::error(base::Errc::bad_input, "Driver not exist");
  for (const Param& p : kind->params) {
    if (p.need == Param::Need::required && param(node, p.name).empty()) {
      return base::error(base::Errc::bad_input, node.name, ": Please specify the parameter ",
                         p.name);
    }
  }
  for (const auto& [name, value] : node.params) {
    if (find_param(*kind, name) == nullptr) {
      return bad_param(node, name, base::cat("the driver ", node.driver, " has no such parameter"));
    }
  }
  if (auto common = check_common(node); !common) return common;
  return kind->check(node);
}

}  // namespace consoled
