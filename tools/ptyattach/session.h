// Session: one job on stdin and stdout: in raw mode on a terminal, as plain bytes in a pipe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/net/loop.h"
#include "lib/net/note_frames.h"
#include "lib/net/stream.h"
#include "lib/pty/output.h"
#include "lib/pty/screen.h"
#include "tools/ptyattach/attach.h"
#include "tools/ptyattach/detach_keys.h"
#include "tools/ptyattach/options.h"

namespace ptyattach {

class Session {
 public:
  Session(net::Loop& loop, const Options& options, const Found& job);

  // Runs to its end; the status for exit(3).
  int run();

 private:
  enum class Why { none, detached, signalled, unread, over, broken, stdin_over };
  void begin(Attached attached);
  void take(std::string_view bytes);
  void show(const net::Unframer::Piece& piece);
  bool placed() const { return attached_.joined.viewer != 0; }
  bool history_shown() const;
  void read_stdin();
  void typed(std::string_view keys);
  void stdin_ended();
  void finish();
  void linger();
  void ended(const std::optional<base::Error>& error);
  void end(Why why);
  void suspend();
  void resized();
  void watch_stdin(bool on);
  void signalled(int number);
  std::string greeting() const;
  std::string trouble() const;
  void tell_place() const;
  int leave();

  net::Loop& loop_;
  const Options& options_;
  const Found& job_;
  bool interactive_;  // raw terminal
  bool reads_stdin_;
  bool stdin_over_ = false;
  Why why_ = Why::none;
  int signal_ = 0;
  std::string broken_;
  Attached attached_;
  net::Unframer frames_;
  peer::Place at_;  // of the next byte
  DetachKeys keys_;
  pty::Screen screen_;
  pty::Output output_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<net::Watch> stdin_;
  net::Timer linger_;
};

}  // namespace ptyattach
