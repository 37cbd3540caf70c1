// DiskJobs: what has to do with files and may hang, done for the loop on a thread of its own: a
// disk that hangs holds up what is asked of it and nothing else. Jobs run one after the other, in
// order. Used on the loop; never waits for the thread, but when it goes.
#pragma once

#include <pthread.h>

#include <deque>
#include <functional>
#include <memory>

#include "lib/base/clock.h"
#include "lib/net/loop.h"

namespace net {

class DiskJobs {
 public:
  // `patience`: how long the end waits for the jobs that were given.
  explicit DiskJobs(Loop& loop, base::Duration patience = {});
  // Jobs that have not begun by then are dropped, and nobody is told any more. A thread that hangs
  // in the disk is left behind.
  ~DiskJobs();
  DiskJobs(const DiskJobs&) = delete;
  DiskJobs& operator=(const DiskJobs&) = delete;

  // `work` runs on the thread, where it goes, too, and then `done` on the loop; what both use lives
  // in a shared_ptr that they hold, and nobody else touches it in between. The thread starts with
  // the first job.
  void run(std::function<void()> work, std::function<void()> done);

  // For how long the job that is the next to be done has been that; zero: there is none.
  base::Duration hanging() const;

 private:
  struct Shared;
  static void* body(void* arg);
  void start();
  void finished();

  Loop& loop_;
  base::Duration patience_;
  std::shared_ptr<Shared> shared_;
  bool started_ = false;
  std::deque<std::function<void()>> done_;  // of the jobs that are not
  base::Time since_{};                      // the first of these is that
  std::unique_ptr<Watch> watch_;
};

}  // namespace net
