// Listener: one listening socket on the loop; hands over accepted descriptors (non-blocking,
// close-on-exec, TCP_NODELAY). When descriptors run short it stops accepting for a moment: the
// peers wait in the kernel's queue, and nobody who is already served is disturbed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/net/address.h"
#include "lib/net/loop.h"

namespace net {

// Whether somebody accepts on the address now; denied: we may not ask. Blocks no longer than
// connect(2) to a local address does; for start-up.
base::Result<bool> answers(const Address& address);

struct BindOptions {
  // Permission bits of a unix socket's file: 0777 less the umask says who may connect.
  unsigned umask = 077;
  // Remove a dead socket that is in the way (never another kind of file, never a live one).
  bool replace_dead = false;
};

// A bound, listening, non-blocking socket. busy: somebody answers there, or a dead socket is in the
// way and may not be removed. For start-up: changes the process's umask for a moment.
base::Result<base::Fd> bind_listen(const Address& address, const BindOptions& options);

// The port that a bound TCP socket has, also where any was asked for (0).
uint16_t port_of(int socket);

// Removes a unix socket's file.
void remove_socket(const std::string& path);

// The sockets that systemd passed to this process ($LISTEN_FDS, sd_listen_fds(3)), close-on-exec;
// empty where it passed none. Takes the variables out of the environment, so that they reach no
// command: call it once.
std::vector<base::Fd> inherited_sockets();

// Tells why to one that is not let in, as far as its socket takes it at once. It is closed then, by
// whoever owns it.
void turn_away(int socket, std::string_view why);

class Listener {
 public:
  using OnAccept = std::function<void(base::Fd)>;

  // Takes a listening socket. `remove`: the file to unlink when this listener goes, where it is
  // still ours ("" for none).
  Listener(Loop& loop, base::Fd socket, std::string remove, OnAccept on_accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Closes the socket and removes its file; later connects are refused.
  void close();
  bool open() const { return static_cast<bool>(socket_); }
  // How often accepting had to pause for want of descriptors.
  uint64_t pauses() const { return pauses_; }

 private:
  void accept_some();
  void pause(int sys);
  void interest();

  Loop& loop_;
  base::Fd socket_;
  std::string remove_;
  uint64_t inode_ = 0;
  OnAccept on_accept_;
  bool paused_ = false;
  uint64_t pauses_ = 0;
  base::Time logged_at_{};
  Timer resume_;
  Watch watch_;
};

}  // namespace net
