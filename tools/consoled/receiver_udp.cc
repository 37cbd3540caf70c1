#include "tools/consoled/receiver_udp.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "lib/base/log.h"

namespace consoled {

namespace {
constexpr size_t kDatagram = 8192;  // as much as goconserver gathers
constexpr size_t kMost = 65507;     // what a datagram can hold
}  // namespace

std::vector<std::string> datagrams(const std::vector<PublishedRecord>& records, bool single) {
  std::vector<std::string> out;
  for (const PublishedRecord& r : records) {
    const bool fits = !out.empty() && out.back().size() + r.text.size() <= kDatagram;
    if (single || !fits) out.emplace_back();
    out.back() += r.text.substr(0, kMost);
  }
  return out;
}

UdpReceiver::UdpReceiver(net::Loop& loop, std::string name, UdpTarget target,
                         std::function<void()> ready)
    : loop_(loop),
      name_(std::move(name)),
      target_(std::move(target)),
      ready_(std::move(ready)),
      again_(loop, [this] { resolve(); }) {
  again_.after({});
}

void UdpReceiver::resolve() {
  resolve_ = std::make_unique<net::Resolve>(
      loop_, target_.host, target_.port, loop_.now() + target_.timeout,
      [this](base::Result<std::vector<net::Address>> addresses) {
        resolved(std::move(addresses));
      });
}

void UdpReceiver::resolved(base::Result<std::vector<net::Address>> addresses) {
  if (!addresses) return fail(addresses.error().what);
  for (const net::Address& a : *addresses) {
    base::Fd fd(::socket(a.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd || ::connect(fd.get(), a.get(), a.size) < 0) continue;
    socket_ = std::move(fd);
    trouble_.clear();
    backoff_.reset();
    return ready_();
  }
  fail(base::sys_text(errno));
}

void UdpReceiver::fail(const std::string& why) {
  if (trouble_ != why) base::log::warn("logger ", name_, ": ", why);
  trouble_ = why;
  again_.after(backoff_.next());
}

// Nobody knows what arrives: what the socket does not take now is lost.
void UdpReceiver::send(const Batch& batch, Done done) {
  for (const std::string& datagram : datagrams(batch.records, target_.single)) tell(datagram);
  loop_.defer([done = std::move(done)] { done({.all = true, .instead = {}}); });
}

void UdpReceiver::tell(std::string_view record) {
  if (socket_) static_cast<void>(::send(socket_.get(), record.data(), record.size(), MSG_NOSIGNAL));
}

}  // namespace consoled
