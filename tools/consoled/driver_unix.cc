#include "tools/consoled/driver_unix.h"

#include <array>

#include "lib/net/dialler.h"
#include "tools/consoled/line_driver.h"
#include "tools/consoled/params.h"

namespace consoled {

namespace {

class UnixDriver : public LineDriver {
 public:
  UnixDriver(const Surroundings& around, const Node& node, Intake& intake)
      : LineDriver(around, intake), socket_(param(node, "socket")) {}

  void open(base::Time deadline) override {
    base::Result<net::Address> address = net::unix_address(socket_);
    if (!address) return close(address.error());
    dialler_.emplace(around_.loop, std::move(*address), deadline,
                     [this](base::Result<base::Fd> fd) {
                       if (!fd) return close(fd.error());
                       run(std::move(*fd));
                     });
  }

 private:
  std::string socket_;
  std::optional<net::Dialler> dialler_;
};

constexpr std::array kParams = {
    Param{"socket", Param::Need::required, false, "path, or @NAME in the abstract name space"},
};

}  // namespace

base::Result<void> check_socket(const Node& node) {
  const std::string socket = param(node, "socket");
  if (socket.empty()) return {};
  if (!socket.starts_with('/') && !socket.starts_with('@')) {
    return bad_param(node, "socket", base::cat("expected an absolute path or @NAME, got ", socket));
  }
  const base::Result<net::Address> address = net::unix_address(socket);
  if (!address) return bad_param(node, "socket", address.error().what);
  return {};
}

const DriverKind kUnixDriver = {"unix", kParams, check_socket, make_driver<UnixDriver>};

}  // namespace consoled
