#include "lib/net/relay.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace net {

namespace {
constexpr auto kLinger = std::chrono::seconds(10);
}

base::Result<SocketPair> socket_pair() {
  std::array<int, 2> fds{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()) < 0) {
    return base::sys_error(errno, "socketpair");
  }
  return SocketPair{base::Fd(fds[0]), base::Fd(fds[1])};
}

Relay::Relay(Loop& loop, base::Fd inner)
    : loop_(loop),
      linger_(loop, [this] { over(); }),
      inner_(loop, std::move(inner), events(false)) {}

base::Result<void> Relay::start(const Make& make) {
  auto outer = make(events(true));
  if (!outer) return outer.error();
  outer_ = std::move(*outer);
  return {};
}

Stream::Events Relay::events(bool outer) {
  return {.data =
              [this, outer](std::string_view bytes) {
                outer ? data(inner_, *outer_, bytes) : data(*outer_, inner_, bytes);
              },
          .end = [this, outer](const std::optional<base::Error>& e) { ended(outer, e); },
          .low_water =
              [this, outer] {
                if (outer_) (outer ? inner_ : *outer_).pause(false);
                if (inner_ended_ && outer_ended_) over();
              }};
}

void Relay::data(Stream& to, Stream& from, std::string_view bytes) {
  to.send(bytes);
  if (to.full()) from.pause(true);
}

// The other side is told when all before it was sent.
void Relay::ended(bool outer, const std::optional<base::Error>& error) {
  (outer ? outer_ended_ : inner_ended_) = true;
  if (error) return over();
  if (!outer || inner_ended_) linger_.after(kLinger);
  if (outer_) (outer ? inner_ : *outer_).finish();
  if (inner_ended_ && outer_ended_ && inner_.finished() && outer_ && outer_->finished()) over();
}

void Relay::over() {
  if (gone_) loop_.defer(std::exchange(gone_, nullptr));
}

}  // namespace net
