// receiver_udp: records as datagrams; goconserver's: a batch is one, or several where it is long.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/net/backoff.h"
#include "lib/net/resolve.h"
#include "tools/consoled/receiver.h"

namespace consoled {

struct UdpTarget {
  std::string host;
  uint16_t port = 0;
  base::Duration timeout = std::chrono::seconds(3);
  bool single = false;  // one record a datagram
};

// The records as the datagrams they go in: whole records, at most so many bytes unless one alone is
// longer; cut where UDP takes no more.
std::vector<std::string> datagrams(const std::vector<PublishedRecord>& records, bool single);

class UdpReceiver final : public Receiver {
 public:
  UdpReceiver(net::Loop& loop, std::string name, UdpTarget target, std::function<void()> ready);

  bool ready() const override { return static_cast<bool>(socket_); }
  void send(const Batch& batch, Done done) override;
  void tell(std::string_view record) override;
  std::string trouble() const override { return trouble_; }

 private:
  void resolve();
  void resolved(base::Result<std::vector<net::Address>> addresses);
  void fail(const std::string& why);

  net::Loop& loop_;
  std::string name_;
  UdpTarget target_;
  std::function<void()> ready_;
  std::unique_ptr<net::Resolve> resolve_;
  net::Backoff backoff_;
  net::Timer again_;
  base::Fd socket_;
  std::string trouble_;
};

}  // namespace consoled
