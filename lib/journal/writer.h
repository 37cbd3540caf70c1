// Writer: the one thread of a daemon that writes files, so that a full or hung disk never holds the
// loop up. Owned by main; each Append hands it one file. The thread starts with start(), which must
// come after a daemon's fork() and may come after the first Appends.
//
// The thread has its own umask and working folder and takes no signals. It never logs; what went
// wrong stands in Append::status().
#pragma once

#include <pthread.h>

#include <memory>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace journal {

class Queue;

class Writer {
 public:
  Writer();
  // As stop() with a tenth of a second.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  base::Result<void> start();
  // The thread takes what there is, of all files; for the timer that Append::dirty() asks for.
  void flush();
  // Whether the thread has hung in the disk for over a second.
  bool stuck(base::Time now) const;

  // Blocks until all bytes are written or lost, but not past the deadline. False: the disk hangs,
  // the thread is left behind and takes no more bytes; status().pending tells how many are missing.
  // After that Appends can still be asked and destroyed (each still before its ring).
  bool stop(base::Time deadline);

 private:
  friend class Append;

  std::shared_ptr<Queue> queue_;
  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace journal
