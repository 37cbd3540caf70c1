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

// What it needs is there, and what is there can be.
base::Result<void> check_params(const DriverKind& kind, const Node& node) {
  for (const Param& p : kind.params) {
    if (p.need == Param::Need::required && param(node, p.name).empty()) {
      return base::error(base::Errc::bad_input, node.name, ": Please specify the parameter ",
                         p.name);
    }
  }
  if (auto good = check_values(kind, node); !good) return good;
  return kind.needs == nullptr ? base::Result<void>{} : kind.needs(node);
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
  const auto kind = kind_of(node);
  if (!kind) return kind.error();
  for (const auto& [name, value] : node.params) {
    if (find_param(**kind, name) == nullptr) {
      return bad_param(node, name, base::cat("the driver ", node.driver, " has no such parameter"));
    }
  }
  return check_params(**kind, node);
}

std::unique_ptr<Driver> driver_for(const Surroundings& around, const Node& node, Intake& intake) {
  const auto kind = kind_of(node);
  const auto good = kind ? check_params(**kind, node) : kind.error();
  if (!good) return std::make_unique<RefusedDriver>(around, intake, good.error());
  return (*kind)->make(around, node, intake);
}

}  // namespace consoled
