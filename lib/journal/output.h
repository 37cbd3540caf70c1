// Output: the open file of one journal: opens it, follows it when logrotate or somebody else moves
// it, rotates it, and writes to it so that each byte is either in the file or counted in a marker.
// Owned by the journal's File; used on the writer thread, where it blocks on the disk. The counters
// may be read from anywhere.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/journal/index.h"
#include "lib/journal/options.h"
#include "lib/journal/rotate.h"

namespace journal {

class Output {
 public:
  struct Counters {
    std::atomic<uint64_t> written{0}, lost{0}, rotations{0};
    std::atomic<int> error{0}, rotation_error{0};
    std::atomic<bool> open{false};
  };

  // `offset`: of the stream's next byte.
  explicit Output(Options options, uint64_t offset = 0);

  // Opens the file when it is not open, unless it rests after an error. False: it is not.
  bool ready(base::Time now);
  // Writes the next bytes of the stream; what the disk does not take is lost. No bytes: only a
  // marker that is due. `scratch` is where the filter's text is built.
  void put(std::string_view bytes, base::Time now, std::string& scratch);
  // So many bytes of the stream were given up, here or by the loop that counted them already.
  void lose(uint64_t n);
  void owe(uint64_t n) {
    owed_ += n;
    offset_ += n;
  }
  // Events, for the index.
  void add(std::vector<Noted> events);
  // The file is opened again before the next bytes.
  void reopen();

  bool noted() const { return index_.waiting(); }

  // After an error no attempt is made for a while; a due marker is tried at rest_until().
  bool resting(base::Time now) const { return now < rest_until_; }
  base::Time rest_until() const { return rest_until_; }
  void end_rest() { rest_until_ = {}; }
  bool owes() const { return owed_ > 0 || !marker_.empty() || (index_.waiting() && !fd_); }

  bool packing() const { return rotation_.packing(); }
  void pack();
  void cancel_packing() { rotation_.cancel(); }

  const Counters& counters() const { return counters_; }
  int index_error() const { return index_.error(); }
  void count_lost(uint64_t n) { counters_.lost.fetch_add(n, std::memory_order_relaxed); }

 private:
  int target() const { return options_.path.empty() ? options_.fd : fd_.get(); }
  bool rotates() const { return options_.rotate_bytes > 0 || options_.rotate_age.count() > 0; }
  bool indexed() const { return options_.epoch != 0 && !options_.filter; }
  bool open_now();
  int open_path();
  void adopt();
  void follow();
  size_t share(std::string_view bytes, base::Time now) const;
  uint64_t room() const;
  void rotate(base::Time now);
  void write(std::string_view bytes, base::Time now);
  size_t write_some(std::string_view bytes, base::Time now);
  size_t took(size_t n);
  void failed(int error, base::Time now);
  void close();

  Options options_;
  base::Fd fd_;
  dev_t dev_ = 0;
  ino_t ino_ = 0;
  bool regular_ = false;
  bool line_start_ = false;  // the last byte that was written was a newline
  uint64_t size_ = 0;
  uint64_t offset_;  // of the stream's next byte
  int64_t born_us_ = 0;
  base::Time rest_until_{}, rotate_after_{};
  base::Duration rest_{0};
  Rotation rotation_;
  Index index_;
  uint64_t owed_ = 0;       // lost bytes that no marker tells of yet
  uint64_t announced_ = 0;  // of those: what marker_ says, while none of it is written
  std::string marker_;      // what is still to be written of a marker
  Counters counters_;
};

}  // namespace journal
