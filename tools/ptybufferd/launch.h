// Launch: how the daemon comes up. Without -d it goes into the background, and its parent waits
// until it runs or says why not: the caller's exit status is 0 only when the command was executed.
#pragma once

#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "tools/ptybufferd/options.h"

namespace ptybufferd {

class Launch {
 public:
  // Forks where it has to; only the daemon returns. Closes what it inherited beyond stdio, changes
  // the folder to "/" and keeps the caller's open for the command.
  explicit Launch(const Options& options);

  // The daemon is up: lets the parent go with 0, and leaves the terminal.
  void up();
  // It is not: says why, also to the parent; the status for exit(3).
  int failed(const base::Error& error);

  int folder() const { return folder_.get(); }
  // One end of a pair whose other end is joined with stdin and stdout (-s); taken by the caller.
  base::Fd take_stdio() { return std::move(stdio_); }

 private:
  void start_pump(int socket);
  void fork_away(int stdio_end);

  const Options& options_;
  base::Fd folder_;
  base::Fd report_;  // to the parent; none with -d
  base::Fd stdio_;
};

// -c: ends the process with 42 or 24 where those are the answer.
void check_alive(const Options& options);

}  // namespace ptybufferd
