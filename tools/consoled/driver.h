// Driver: one way to reach a target: a command on a pty, ssh, a socket, a serial line. It lives for
// one connection: made, opened, and destroyed once it is closed or no longer wanted.
//
// Everything is on the loop and nothing blocks. A driver calls its Intake from the loop only, never
// within a call of the console's; closed() is its last call, and after it the console destroys it
// by loop.defer. The destructor ends everything that belongs to the connection (descriptors at
// once, process trees in the background).
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"
#include "lib/net/session_end.h"
#include "lib/pty/pty.h"
#include "tools/consoled/crowd.h"
#include "tools/consoled/node.h"

namespace ssh {
struct Client;
}

namespace consoled {

// Where a source that numbers its own bytes is (a ptybufferd): the number of its start, and the
// absolute offset of the next byte.
struct SourcePosition {
  int64_t epoch = 0;
  uint64_t offset = 0;

  bool operator==(const SourcePosition&) const = default;
};

// The console's side of the line: what a driver tells it, and where the target's bytes go.
class Intake {
 public:
  virtual ~Intake() = default;

  // Where the source was when its last byte was taken, also before a restart of this daemon (the
  // journal knows); null: never, or it does not number its bytes.
  virtual std::optional<SourcePosition> last_position() const = 0;
  // The line is open: keys are taken, bytes come. `source`: where the bytes that follow begin.
  virtual void opened(std::optional<SourcePosition> source) = 0;
  // Where to put the next bytes, in one piece; empty: none now, wait for Driver::resume().
  virtual iovec room() = 0;
  // So many bytes were put there. Several times in a row, then publish() once.
  virtual void commit(size_t n) = 0;
  virtual void publish() = 0;
  // What came was not all the source's: its next byte is this one; why, for the journal. Between a
  // commit() and its publish(), only where opened() was given a position.
  virtual void moved(SourcePosition source, std::string why) = 0;
  // write() took less than it was given; now it takes more.
  virtual void writable() = 0;
  // The line could not be opened, or is over, and why: for people. Called once, last.
  virtual void closed(base::Error why) = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;

  // Starts to connect; opened() or closed() follows, never within this call. The deadline is for
  // all of it, and the driver's own business.
  virtual void open(base::Time deadline) = 0;
  // Keys for the target. How many of the bytes were taken; fewer: writable() will be called. Only
  // while open.
  virtual size_t write(std::string_view keys) = 0;
  // There is room again after an empty room().
  virtual void resume() = 0;
  // The window size of who looks; before opened() it is kept for then.
  virtual void resize(pty::Size size) = 0;
  // Whether this line has a real BREAK, as a serial one.
  virtual bool has_break() const { return false; }
  // Sends it; not_found: there is none.
  virtual base::Result<void> send_break() = 0;
  // The console is not wanted any more: ends what would outlive this driver (a persistent command).
  // The destructor comes next.
  virtual void terminate() = 0;
  // Once open: what is at the far end was there before this driver, as a persistent command is.
  virtual bool went_on() const { return false; }
};

// What drivers need besides their node; lives as long as the daemon.
struct Surroundings {
  net::Loop& loop;
  net::SessionEnd& session_end;  // for the processes of a line that is closed
  std::string runtime;           // a folder of ours, for sockets
  std::string state;             // a folder of ours, for known_hosts
  std::string bin;               // the folder with this program and ptybufferd
  std::shared_ptr<Crowd> crowd = std::make_shared<Crowd>();  // never null
  // What all ssh connections share; null only where no console is one.
  ssh::Client* ssh = nullptr;
  std::vector<base::Fd> locks = {};  // of the folders that are this daemon's alone
};

}  // namespace consoled
