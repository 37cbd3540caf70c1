#include "tools/consoled/driver_telnet.h"

#include <array>

#include "lib/net/resolve.h"
#include "tools/consoled/driver_tcp.h"
#include "tools/consoled/line_driver.h"
#include "tools/consoled/params.h"
#include "tools/consoled/telnet.h"

namespace consoled {

namespace {

constexpr int64_t kDefaultPort = 23;
constexpr size_t kMaxReplies = 64 * 1024;

class TelnetDriver : public LineDriver {
 public:
  TelnetDriver(const Surroundings& around, const Node& node, Intake& intake)
      : LineDriver(around, intake),
        host_(param(node, "host")),
        port_(static_cast<uint16_t>(number_param(node, "port", kDefaultPort))),
        telnet_(param(node, "term", kTerminal)) {}

  void open(base::Time deadline) override {
    dialler_.emplace(around_.loop, host_, port_, deadline,
                     [this](base::Result<base::Fd> fd) { dialled(std::move(fd)); });
  }

  // What was translated and not taken yet goes first; until it has gone no more keys are taken.
  size_t write(std::string_view keys) override {
    if (!pump_ || pump_->unsent() > 0) return 0;
    pump_->send(telnet_.keys(keys));
    return keys.size();
  }

  void resize(pty::Size size) override {
    telnet_.resize(size);
    send_replies();
  }

  bool has_break() const override { return true; }
  base::Result<void> send_break() override {
    if (!pump_) return base::error(base::Errc::closed, "not connected");
    pump_->send(Telnet::break_key());
    return {};
  }

 private:
  void dialled(base::Result<base::Fd> fd) {
    if (!fd) return close(fd.error());
    keep_alive(fd->get());
    run(std::move(*fd), {}, [this](std::span<char> bytes) {
      const size_t left = telnet_.receive(bytes);
      send_replies();
      return left;
    });
  }

  // A peer that asks on and on and never reads is not answered for ever.
  void send_replies() {
    std::string& replies = telnet_.replies();
    if (pump_ && pump_->unsent() < kMaxReplies) pump_->send(replies);
    replies.clear();
  }

  std::string host_;
  uint16_t port_;
  Telnet telnet_;
  std::optional<net::NameDialler> dialler_;
};

constexpr std::array kParams = {
    Param{"host", Param::Need::required, false, "name or address"},
    Param{"port", Param::Need::optional, false, "TCP port (23)"},
    Param{"term", Param::Need::optional, false, "terminal type told to the peer (xterm-256color)"},
};

}  // namespace

const DriverKind kTelnetDriver = {"telnet", kParams, check_port, make_driver<TelnetDriver>};

}  // namespace consoled
