// Index: the index of one journal's present file, as the writer thread keeps it: a record for each
// chunk and event, in one write(2) just before the bytes that it tells of. Owned by the Output of
// that file; blocks on the disk. An index that cannot be written holds nothing up: its records are
// missing, and counting goes on where it can be written again.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/journal/options.h"

namespace journal {

struct Record;

// An event, when it was and before which byte.
struct Noted {
  Event event;
  uint64_t offset = 0;
  int64_t time_us = 0;
};

class Index {
 public:
  Index(int64_t epoch, unsigned mode) : epoch_(epoch), mode_(mode) {}

  // The file at `log` (absolute, no link) is open as `fd` and has `size` bytes; the next byte of
  // the stream has this offset. Takes up the index beside it, or makes one.
  void attach(std::string log, int fd, uint64_t size, uint64_t offset);
  void close();

  // Events, in the order in which they were; they wait for the bytes before them.
  void add(std::vector<Noted> events);
  bool waiting() const { return !events_.empty(); }

  // The stream's next bytes, from `offset` on, are about to be appended at `size`, after so many
  // bytes of marker. Events up to there are recorded too; those between the bytes by the next call,
  // since a record of what the file has not yet would be taken for lost bytes after a crash.
  // Returns the size that the file has in truth.
  uint64_t before(uint64_t offset, uint64_t size, size_t marker, std::string_view bytes,
                  base::Time now);
  // None of them was.
  void take_back();
  // The file will be rotated: nothing follows the byte before `offset`.
  void end(uint64_t offset, uint64_t size);
  // Somebody else moved the file away; it had `size` bytes then, and the next byte this offset.
  void moved(uint64_t offset, uint64_t size);
  // Somebody else has cut it (copytruncate).
  void cut() { emptied_ = true; }

  int error() const { return error_; }

 private:
  struct Place {
    uint64_t offset = 0, position = 0;
  };

  void let_go(size_t number);
  void copied(uint64_t offset);
  void begin(uint64_t offset, uint64_t size);
  bool ready(uint64_t offset, uint64_t size, base::Time now);
  bool due(uint64_t offset, size_t n, base::Time now) const;
  uint64_t real_size(uint64_t size);
  void flush_events(uint64_t upto, Place from);
  void put(const Record& record);
  void write(base::Time now);
  void failed(base::Time now);
  Source source_at(uint64_t offset) const;

  int64_t epoch_;
  unsigned mode_;
  std::string log_;
  int log_fd_ = -1;
  base::Fd fd_;
  bool emptied_ = false;
  uint64_t size_ = 0;         // of the index
  Place last_;                // counting goes on from here
  Source source_;             // where the source was ...
  uint64_t source_from_ = 0;  // ... at this offset
  base::Time chunk_at_{};     // when the last chunk was recorded; null: none in this file
  uint64_t chunk_from_ = 0;
  std::deque<Noted> events_;
  std::string batch_;  // records for the next write
  std::vector<Noted> batch_events_;
  uint64_t batch_from_ = 0;
  Place batch_last_;
  base::Time retry_at_{};
  std::atomic<int> error_{0};
};

}  // namespace journal
