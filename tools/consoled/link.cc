#include "tools/consoled/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "lib/base/log.h"
#include "lib/tls/stream.h"

namespace consoled {

namespace {
constexpr unsigned kSilentMs = 30000;  // a peer that takes nothing for so long is gone

void notice_death(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kSilentMs, sizeof kSilentMs);
}
}  // namespace

Link::Link(net::Loop& loop, std::string name, LinkTarget target, Events events)
    : loop_(loop),
      name_(std::move(name)),
      target_(std::move(target)),
      events_(std::move(events)),
      timer_(loop, [this] { stream_ ? lose("the handshake took too long") : dial(); }) {
  timer_.after({});
}

void Link::dial() {
  const base::Time deadline = loop_.now() + target_.timeout;
  const auto done = [this](base::Result<base::Fd> fd) { dialled(std::move(fd)); };
  if (target_.path.empty()) {
    name_dialler_ =
        std::make_unique<net::NameDialler>(loop_, target_.host, target_.port, deadline, done);
    return;
  }
  const base::Result<net::Address> address = net::unix_address(target_.path);
  if (!address) return lose(address.error().what);
  dialler_ = std::make_unique<net::Dialler>(loop_, *address, deadline, done);
}

void Link::dialled(base::Result<base::Fd> fd) {
  if (!fd) return lose(fd.error().what);
  if (target_.path.empty()) notice_death(fd->get());
  net::Stream::Events events;
  events.data = [this](std::string_view bytes) { events_.data(bytes); };
  events.end = [this](std::optional<base::Error> why) {
    lose(why ? why->what : "the receiver closed the connection");
  };
  if (!target_.tls) {
    stream_ = std::make_unique<net::Stream>(loop_, std::move(*fd), std::move(events));
    return ready();
  }
  events.ready = [this] { ready(); };
  base::Result<std::unique_ptr<net::Stream>> stream =
      tls::connect_stream(loop_, *target_.tls, std::move(*fd), target_.host, std::move(events));
  if (!stream) return lose(stream.error().what);
  stream_ = std::move(*stream);
  timer_.after(target_.timeout);
}

void Link::ready() {
  timer_.cancel();
  up_ = true;
  if (!trouble_.empty()) base::log::info("logger ", name_, ": connected again");
  trouble_.clear();
  events_.up();
}

void Link::drop(const std::string& why) {
  lose(why);
}

// Told once for each reason; the stream goes when its callback is over.
void Link::lose(const std::string& why) {
  if (trouble_ != why) base::log::warn("logger ", name_, ": ", why);
  trouble_ = why;
  timer_.after(backoff_.next());
  if (stream_) {
    stream_->set_events(
        {[](std::string_view) {}, [](const std::optional<base::Error>&) {}, {}, {}});
    loop_.defer([old = std::shared_ptr<net::Stream>(std::move(stream_))] {});
  }
  if (!std::exchange(up_, false)) return;
  events_.down();
}

}  // namespace consoled
