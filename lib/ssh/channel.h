// Channel: what runs over a Session: a console on the host, or a connection from there to another
// host. Lives shorter than its Session, and is called when that says `activity`.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/ssh/handle.h"
#include "lib/ssh/session.h"

namespace ssh {

struct Console {
  std::string term = "xterm-256color";
  int rows = 24, columns = 80;
  std::string command;  // empty: the user's shell
};

class Channel {
 public:
  explicit Channel(Session& session);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Called until it says true: open. A host that gives no terminal is taken as it is.
  base::Result<bool> open_console(const Console& console);
  // A connection from the host to that address, which the host looks up.
  base::Result<bool> open_forward(const std::string& host, uint16_t port);

  // Bytes of the host into `room`, both of its streams. 0: none now; fewer than fit: libssh has
  // no more, so wait for `activity`; all of the room: ask again. The error is the end: closed, with
  // the status that a command ended with.
  base::Result<size_t> read(std::span<char> room);
  // How many bytes were taken: what the host allows, and not before the last ones are on their way.
  size_t write(std::string_view bytes);
  // It would take some now.
  bool writable();
  // No more will be written.
  void finish();
  void resize(int rows, int columns);
  // A BREAK (RFC 4335); the host does not say whether its line has one.
  void send_break();

 private:
  enum class Step { begin, open, terminal, start, done };
  base::Result<bool> request(int rc, Step next);
  base::Result<size_t> end();
  base::Error why(std::string_view doing) const;

  Session& session_;
  struct Callbacks;
  std::unique_ptr<Callbacks> callbacks_;
  ChannelPtr channel_;
  Step step_ = Step::begin;
  std::string_view what_ = "the connection";  // that runs here, for people
  bool ending_ = false;
};

}  // namespace ssh
