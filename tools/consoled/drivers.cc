#include "tools/consoled/drivers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/consoled/driver_cmd.h"
#include "tools/consoled/driver_ptybuffer.h"
#include "tools/consoled/driver_ssh.h"
#include "tools/consoled/driver_tcp.h"
#include "tools/consoled/driver_telnet.h"
#include "tools/consoled/driver_tty.h"
#include "tools/consoled/driver_unix.h"
#include "tools/consoled/line_driver.h"
#include "tools/consoled/params.h"

namespace consoled {

namespace {

constexpr std::array kDrivers = {
    &kCmdDriver, &kPtybufferDriver, &kSshDriver, &kSshcmdDriver,
    &kTcpDriver, &kTelnetDriver,    &kTtyDriver, &kUnixDriver,
};

class RefusedDriver : public LineDriver {
 public:
  RefusedDriver(const Surroundings& around, Intake& intake, base::Error why)
      : LineDriver(around, intake), why_(std::move(why)) {}
  void open(base::Time) override { close(std::move(why_)); }

 private:
  base::Error why_;
};

base::Result<const DriverKind*> kind_of(const Node& node) {
  if (node.driver.empty()) return base::error(base::Errc::bad_input, "Driver is not defined");
  const DriverKind* kind = driver_kind(node.driver);
  if (kind == nullptr) return base::error(base::Errc::bad_input, "Driver not exist");
  return kind;
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

std::vector<std::string> unknown_params(const Node& node) {
  std::vector<std::string> out;
  const DriverKind* kind = driver_kind(node.driver);
  if (kind == nullptr) return out;
  for (const auto& [name, value] : node.params) {
    if (find_param(*kind, name) == nullptr) out.push_back(name);
  }
  return out;
}

base::Result<void> check_names(const Node& node) {
  const auto unknown = unknown_params(node);
  if (unknown.empty()) return {};
  return bad_param(node, unknown.front(),
                   base::cat("the driver ", node.driver, " has no such parameter"));
}

base::Result<void> check_params(const Node& node) {
  const auto kind = kind_of(node);
  if (!kind) return kind.error();
  for (const Param& p : (*kind)->params) {
    if (p.need == Param::Need::required && param(node, p.name).empty()) {
      return base::error(base::Errc::bad_input, node.name, ": Please specify the parameter ",
                         p.name);
    }
  }
  if (auto good = check_values(**kind, node); !good) return good;
  return (*kind)->needs == nullptr ? base::Result<void>{} : (*kind)->needs(node);
}

base::Result<void> check_node(const Node& node) {
  if (auto good = check_names(node); !good) return good;
  return check_params(node);
}

std::unique_ptr<Driver> driver_for(const Surroundings& around, const Node& node, Intake& intake) {
  const auto good = check_params(node);
  if (!good) return std::make_unique<RefusedDriver>(around, intake, good.error());
  return driver_kind(node.driver)->make(around, node, intake);
}

}  // namespace consoled
