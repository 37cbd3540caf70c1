// pump: copies stdin into a TLS session and the session to stdout, until either ends. One buffer
// each way: who cannot write does not read, so each side is held back by the other.
//
// Stdin and stdout are ours for reading and writing, but their open files may be shared (a shell's
// terminal), so O_NONBLOCK is left as it is: sockets are asked not to wait call by call, anything
// else gets no more than poll(2) promised.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/tls/session.h"

namespace tlspipe {

// Bytes on their way: read from the front, filled at the back; no more is taken before all is gone.
class Buffer {
 public:
  static constexpr size_t kSize = 256 * 1024;

  bool empty() const { return from_ == to_; }
  std::string_view bytes() const { return {data_.data() + from_, to_ - from_}; }
  std::span<char> room() { return data_; }
  void filled(size_t n) { from_ = 0, to_ = n; }
  void taken(size_t n) { from_ += n; }

 private:
  std::vector<char> data_ = std::vector<char>(kSize);
  size_t from_ = 0, to_ = 0;
};

// One of our own two descriptors, and whether it may be tried.
struct Local {
  explicit Local(int descriptor);
  int fd;
  bool socket;
  bool ready;
};

class Pump {
 public:
  Pump(tls::Session session, int in, int out);

  // Blocks until it is over. The error is the peer's (cut off, broken), or stdin's or stdout's.
  // That nobody reads stdout any more is an end like another.
  base::Result<void> run();

 private:
  // Each does what it can without waiting: whether that was anything.
  base::Result<bool> turn();
  base::Result<bool> take_in();
  base::Result<bool> send();
  base::Result<bool> goodbye();
  base::Result<bool> receive();
  base::Result<bool> give_out();

  bool over() const;
  void give_up_sending(base::Error why);
  base::Result<void> wait();

  tls::Session session_;
  Local in_, out_;
  bool same_;  // stdin and stdout are one socket
  Buffer up_, down_;
  bool in_over_ = false, said_goodbye_ = false, peer_over_ = false, out_gone_ = false;
  std::optional<base::Error> send_failed_;
  // The events of the socket that sending and receiving wait for; 0: they may be tried.
  short up_waits_ = 0, down_waits_ = 0;
};

}  // namespace tlspipe
