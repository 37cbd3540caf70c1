// Append: one journal, fed from one ring. It holds only a place in the ring; the Writer's thread
// copies the bytes from there to the file. Owned by whoever owns the ring, used on the loop only,
// blocks on nothing, and must go before the ring does. It may outlive the Writer.
//
// The owner of the ring promises that head() - cursor() never exceeds the ring's size: before it
// writes more it waits for the cursor, or overtakes.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/base/clock.h"
#include "lib/base/ring.h"
#include "lib/journal/options.h"

namespace journal {

class File;
class Queue;
class Writer;

class Append {
 public:
  // From ring.head() on. The file is opened by the thread: whether that went well, status() tells.
  Append(Writer& writer, const base::Ring& ring, Options options);
  // What is still in the ring is copied and written later; only while the disk hangs it is lost.
  ~Append();
  Append(const Append&) = delete;
  Append& operator=(const Append&) = delete;

  // Bytes were committed to the ring. No lock, and no system call unless much waits. True: call
  // flush() within 20 to 50 ms (a timer; waking the thread for every key would cost each key).
  bool dirty();
  // The thread takes what there is. The same as Writer::flush().
  void flush();

  // Something happened to the console just before the ring's next byte: for the index, if there is
  // one. Wakes nobody: as after a dirty() that said true, call flush() soon.
  void note(Event event);

  // Up to this offset the bytes were taken from the ring.
  uint64_t cursor() const;
  // The offset that the ring must not pass now: the cursor. When the thread hangs in the disk and
  // half of the ring waits for it, the oldest bytes are given up, as by overtake().
  uint64_t floor();
  // Gives up the bytes before the offset `to`; the file gets a marker. Never blocks; false: not
  // now, the thread is copying (it takes some 30 us), so wait for the cursor instead.
  bool overtake(uint64_t to);

  // The path is opened again before the next bytes, as on a logrotate script's signal. Moved files
  // are noticed without it, within a second.
  void reopen();

  Status status(base::Time now) const;

 private:
  uint64_t pending() const;

  const base::Ring& ring_;
  std::shared_ptr<Queue> queue_;
  std::shared_ptr<File> file_;
};

}  // namespace journal
