// File: one journal, as loop and writer thread share it: the place in the ring, and the Output that
// only the thread uses. Owned by its Append, by the Queue while it is in there, and by the thread
// while it works on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lib/base/ring.h"
#include "lib/journal/options.h"
#include "lib/journal/output.h"

namespace journal {

class File {
 public:
  struct Piece {
    uint64_t gap = 0;   // bytes that the loop gave up (and counted), before those:
    uint64_t size = 0;  // bytes that were copied out
  };

  File(const base::Ring& ring, Options options);

  // Loop side. overtake() never waits; detach() waits for one copying of at most 256 KiB.
  uint64_t cursor() const { return cursor_.load(std::memory_order_acquire); }
  uint64_t staged() const { return staged_.load(std::memory_order_relaxed); }
  bool overtake(uint64_t to);
  // An event; beyond some hundred that wait, they are dropped.
  void note(Noted event);
  // The ring goes away. With `save`, what is still in it is copied for the thread; else it is lost.
  void detach(bool save);

  // Thread side. Copies the next bytes out, at most `max`, and moves the cursor. The lock is held
  // for that copying only, never while the disk is waited for.
  Piece take(char* out, size_t max);
  // The same without copying, for a disk that takes nothing: all that is there now.
  Piece skip();
  // The events that were noted until now: all that come before bytes that were taken.
  std::vector<Noted> take_events();
  void landed() { staged_.store(0, std::memory_order_relaxed); }

  Output output;
  std::atomic<bool> reopen{false};

  // The Queue's: `self` keeps the file alive while it is queued.
  std::atomic<bool> queued{false};
  std::shared_ptr<File> self;
  File* next = nullptr;
  // The thread's: it is in the thread's list of files with a marker due, or an old file to pack.
  bool owing = false;
  bool packing = false;

 private:
  uint64_t head() const;
  Piece next_piece(uint64_t max);

  std::mutex copying_;
  std::mutex noting_;  // held for moments only
  std::vector<Noted> events_;
  const base::Ring* ring_;  // null once detached; then the rest of it is in rest_
  std::string rest_;
  uint64_t rest_at_ = 0;    // the absolute offset of rest_
  uint64_t overtaken_ = 0;  // bytes the loop gave up, already counted as lost
  std::atomic<uint64_t> cursor_, staged_{0};
};

}  // namespace journal
