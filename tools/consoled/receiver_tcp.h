// receiver_tcp: records as JSON lines over TCP or TLS, as goconserver sends them. Nobody answers,
// so a batch is with the receiver when its kernel has acknowledged it (SIOCOUTQ); what was not when
// the connection broke is said again. So some may come twice, and what a dying receiver had not
// read is lost.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "tools/consoled/link.h"
#include "tools/consoled/receiver.h"

namespace consoled {

class TcpReceiver final : public Receiver {
 public:
  TcpReceiver(net::Loop& loop, std::string name, LinkTarget target, std::function<void()> ready);

  bool ready() const override { return link_.up() && !full_; }
  void send(const Batch& batch, Done done) override;
  void tell(std::string_view record) override;
  std::string trouble() const override { return link_.trouble(); }

 private:
  struct Sent {
    uint64_t end;  // of the batch, in bytes of this connection
    Done done;
  };
  void look();
  void settle(bool all);
  void down();

  net::Loop& loop_;
  std::function<void()> ready_;
  std::deque<Sent> sent_;
  uint64_t bytes_ = 0;  // handed to this connection
  bool full_ = false;
  net::Timer look_;
  Link link_;
};

}  // namespace consoled
