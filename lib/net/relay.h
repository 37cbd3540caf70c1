// Relay: two streams, each one's bytes to the other, with high and low water: a way to have a plain
// descriptor where a connection is TLS. Each side's end is passed on; when a side breaks, both end.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "lib/net/stream.h"

namespace net {

class Relay {
 public:
  using Make = std::function<base::Result<std::unique_ptr<Stream>>(Stream::Events)>;

  // `inner`: one end of a socket pair.
  Relay(Loop& loop, base::Fd inner);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Both sides are done: called once, from the loop, the place to delete it.
  void on_gone(std::function<void()> gone) { gone_ = std::move(gone); }
  // Makes the outer stream, and starts.
  base::Result<void> start(const Make& make);

 private:
  Stream::Events events(bool outer);
  void data(Stream& to, Stream& from, std::string_view bytes);
  void ended(bool outer, const std::optional<base::Error>& error);
  void over();

  Loop& loop_;
  std::function<void()> gone_;
  bool outer_ended_ = false, inner_ended_ = false;
  Timer linger_;  // for what is unsent when one side is done
  Stream inner_;
  std::unique_ptr<Stream> outer_;
};

// A connected pair of non-blocking stream sockets.
struct SocketPair {
  base::Fd one, other;
};
base::Result<SocketPair> socket_pair();

}  // namespace net
