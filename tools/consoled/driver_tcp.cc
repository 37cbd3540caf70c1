#include "tools/consoled/driver_tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>

#include "lib/net/resolve.h"
#include "tools/consoled/line_driver.h"
#include "tools/consoled/params.h"

namespace consoled {

namespace {

class TcpDriver : public LineDriver {
 public:
  TcpDriver(const Surroundings& around, const Node& node, Intake& intake)
      : LineDriver(around, intake),
        host_(param(node, "host")),
        port_(static_cast<uint16_t>(number_param(node, "port", 0))) {}

  void open(base::Time deadline) override {
    dialler_.emplace(around_.loop, host_, port_, deadline,
                     [this](base::Result<base::Fd> fd) { dialled(std::move(fd)); });
  }

 private:
  void dialled(base::Result<base::Fd> fd) {
    if (!fd) return close(fd.error());
    keep_alive(fd->get());
    run(std::move(*fd));
  }

  std::string host_;
  uint16_t port_;
  std::optional<net::NameDialler> dialler_;
};

constexpr std::array kParams = {
    Param{"host", Param::Need::required, false, "name or address"},
    Param{"port", Param::Need::required, false, "TCP port"},
};

}  // namespace

base::Result<void> check_port(const Node& node) {
  return check_number(node, "port", 1, 65535);
}

void keep_alive(int fd) {
  const int on = 1, idle = 60, interval = 15, count = 4;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

const DriverKind kTcpDriver = {"tcp", kParams, check_port, make_driver<TcpDriver>};

}  // namespace consoled
