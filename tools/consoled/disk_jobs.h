// DiskJobs: reading files for the loop, on a thread of their own: a disk that hangs holds up what
// is read from it and nothing else. Jobs run one after the other, in order. Owned by Journals; used
// on the loop.
#pragma once

#include <pthread.h>

#include <functional>
#include <memory>

#include "lib/base/result.h"
#include "lib/net/loop.h"

namespace consoled {

class DiskJobs {
 public:
  explicit DiskJobs(net::Loop& loop);
  // Jobs that have not begun are dropped, and nobody is told any more. A thread that hangs in the
  // disk is left behind.
  ~DiskJobs();
  DiskJobs(const DiskJobs&) = delete;
  DiskJobs& operator=(const DiskJobs&) = delete;

  // `work` runs on the thread, then `done` on the loop; what both use lives in a shared_ptr that
  // they hold, and nobody else touches it in between. The thread starts with the first job.
  void run(std::function<void()> work, std::function<void()> done);

 private:
  struct Shared;
  static void* body(void* arg);
  void finished();

  std::shared_ptr<Shared> shared_;
  bool started_ = false;
  std::unique_ptr<net::Watch> watch_;
};

}  // namespace consoled
