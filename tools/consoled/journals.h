// Journals: the journals of all consoles, the one thread that writes them and the one that reads
// them back. Owned by main; goes after every Tape.
#pragma once

#include <memory>
#include <string>

#include "lib/base/ring.h"
#include "lib/journal/append.h"
#include "lib/journal/start.h"
#include "lib/journal/writer.h"
#include "lib/net/disk_jobs.h"
#include "lib/net/loop.h"
#include "tools/consoled/config.h"

namespace consoled {

class Journals {
 public:
  // `settings` may change under it, for journals that are opened later.
  Journals(net::Loop& loop, const JournalSettings& settings);
  Journals(const Journals&) = delete;
  Journals& operator=(const Journals&) = delete;

  // Makes the folder and starts the thread.
  base::Result<void> start();
  // DATADIR; "" where there is nothing to read back: no journals, or the one of --pty.
  std::string folder() const { return settings_.on && settings_.file.empty() ? settings_.dir : ""; }
  // DATADIR/NAME.log; "" likewise.
  std::string path(const std::string& name) const;
  // Null where there are none.
  std::unique_ptr<journal::Append> open(const std::string& name, const base::Ring& ring,
                                        int64_t epoch);
  // Something was committed: it is written within 20 ms.
  void dirty(journal::Append& append);
  // An event was noted.
  void soon();
  // Gives the thread what is there, at once.
  void flush() { writer_.flush(); }

  // What reads journals, which may take its time, does it there.
  net::DiskJobs& reads() { return reads_; }

  bool stuck() const { return writer_.stuck(base::Clock::now()); }
  // Waits for the disk, at most until the deadline. False: some of it did not get there.
  bool stop(base::Time deadline) { return writer_.stop(deadline); }

 private:
  const JournalSettings& settings_;
  journal::Writer writer_;
  net::DiskJobs reads_;
  net::Timer flush_;
};

}  // namespace consoled
