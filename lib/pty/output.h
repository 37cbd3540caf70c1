// Output: our stdout, which may take its time: a slow terminal, a pager, a full pipe. Never blocks
// on those, so that keys and signals are attended to meanwhile; a file is written as it comes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/net/loop.h"

namespace pty {

class Output {
 public:
  // `drained`: what had to wait is written. `gone`: nobody reads it any more, which a pipe tells
  // even while there is nothing to write.
  Output(net::Loop& loop, std::function<void()> drained, std::function<void()> gone);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Queues what cannot be written now. There is no bound here: while waiting(), whoever writes is
  // to stop reading what it writes.
  void write(std::string_view bytes);
  bool waiting() const { return !queue_.empty(); }

  // The last words, before the end of the process: waits a second for a slow reader, and no longer.
  void finish(std::string_view bytes);

 private:
  bool flush();
  void ready(unsigned what);

  std::function<void()> drained_, gone_;
  base::Fd own_;  // the same file once more, for O_NONBLOCK would be seen by all who share stdout
  int fd_;
  bool pipe_;
  std::string queue_;
  std::unique_ptr<net::Watch> watch_;  // none on a file
};

}  // namespace pty
