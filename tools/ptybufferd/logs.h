// Logs: the daemon's two files, the output (-o) and the activity log (-l), both written by the one
// writer thread: a full or hung disk never holds the loop up.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/log.h"
#include "lib/base/ring.h"
#include "lib/journal/append.h"
#include "lib/journal/writer.h"
#include "lib/net/loop.h"
#include "tools/ptybufferd/options.h"

namespace ptybufferd {

class Logs {
 public:
  // `output` is the ring of the job's bytes; it must outlive this.
  Logs(net::Loop& loop, const Options& options, const base::Ring& output);
  ~Logs();
  Logs(const Logs&) = delete;
  Logs& operator=(const Logs&) = delete;

  // Starts the thread. An error where a file cannot be opened and that is not tolerated (-g).
  base::Result<void> open();

  // Bytes were committed to the output ring.
  void committed();
  // The offset that ring must not pass now; a disk that hangs is passed, and gets the marker.
  uint64_t floor();

  // Opens both files again, as after a logrotate.
  void reopen();
  // The state of the output file; null when there is none.
  const journal::Append* output() const { return output_.get(); }

  // Waits for the disk, at most until the deadline. False: some of it did not get there.
  bool stop(base::Time deadline);

 private:
  journal::Options file(const std::string& path) const;
  void write_line(base::log::Level level, std::string_view text);
  void say_on_stderr(std::string_view text) const;
  void arm();
  void look();

  net::Loop& loop_;
  const Options& options_;
  const base::Ring& ring_;
  base::Ring lines_;  // the activity log's text on its way
  journal::Writer writer_;
  std::unique_ptr<journal::Append> output_, activity_;
  uint64_t lost_said_ = 0;
  int error_said_ = 0;
  net::Timer flush_;
  net::Timer look_;
};

// The end of the process: waits two seconds for the disk, then ends with the code all the same.
int finish(Logs& logs, int code);

}  // namespace ptybufferd
