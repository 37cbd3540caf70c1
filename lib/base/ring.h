// Ring: the last `size` bytes of one endless byte stream, with absolute 64-bit offsets. One thread
// writes; readers on that thread and (through journal::Append, under its lock) on one other keep
// a cursor of their own. Nothing is copied out: slices() points into the ring.
//
// Valid bytes are [tail(), head()). The memory is anonymous and never touched before it is written,
// so an idle ring costs no pages.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace base {

class Ring {
 public:
  // Up to two pieces, in order: the second begins where the ring wrapped.
  struct Slices {
    std::array<iovec, 2> piece;
    int count = 0;
  };

  // `start`: the offset of the first byte, where the stream goes on after a restart.
  explicit Ring(size_t size, uint64_t start = 0);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  size_t size() const { return size_; }
  uint64_t head() const { return head_.load(std::memory_order_acquire); }
  uint64_t tail() const { return head() - start_ > size_ ? head() - size_ : start_; }

  // Room at the head in one piece, at most `max` bytes; it ends at the wrap. Writing there spoils
  // the oldest bytes at once: readers that may not lose them must have moved on.
  iovec space(size_t max) const;
  // `n` bytes were written into space().
  void commit(size_t n) { head_.store(head() + n, std::memory_order_release); }
  // Copies bytes in; when there are more than the ring holds, only the last remain.
  void append(std::string_view bytes);

  // [from, from + n); both must lie within [tail(), head()].
  Slices slices(uint64_t from, size_t n) const;
  // Copies [from, from + n) to `out`, under the same condition.
  void copy(uint64_t from, size_t n, char* out) const;

  // The first byte after a newline in [from, from + 64 KiB); `from` where there is none.
  uint64_t line_start(uint64_t from) const;
  // Where the last `lines` lines begin, not before `floor`; an unfinished last line counts as one.
  uint64_t last_lines(uint64_t floor, uint64_t lines) const;
  // How many newlines lie in [from, to).
  uint64_t count_lines(uint64_t from, uint64_t to) const;

 private:
  size_t size_;
  uint64_t start_;
  char* base_;
  std::atomic<uint64_t> head_;
};

// How many newlines are in the bytes, at a few bytes per clock cycle.
uint64_t count_newlines(std::string_view bytes);

}  // namespace base
