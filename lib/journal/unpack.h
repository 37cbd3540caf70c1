// Unpack: one file of a journal, plain or compressed, read from its beginning on. Blocks on the
// disk, and holds one window of zstd at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/base/fd.h"
#include "lib/base/result.h"

struct ZSTD_DCtx_s;

namespace journal {

class Unpack {
 public:
  Unpack(base::Fd fd, bool packed);
  ~Unpack();
  Unpack(Unpack&&) noexcept;
  Unpack& operator=(Unpack&&) noexcept;

  int fd() const { return fd_.get(); }
  bool packed() const { return packed_; }
  uint64_t position() const { return position_; }

  // The next bytes, at most `n`; 0: there are no more (of a plain file: now). A compressed file
  // that is cut off or broken is an error once its sound part was read.
  base::Result<size_t> read(char* out, size_t n);
  // To this position, or to the end where it is beyond. Through a compressed file it takes time.
  base::Result<void> seek(uint64_t position);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  base::Result<void> rewind();
  base::Result<size_t> read_packed(char* out, size_t n);

  base::Fd fd_;
  bool packed_;
  uint64_t position_ = 0;
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::unique_ptr<char[]> in_;
  size_t in_at_ = 0, in_size_ = 0;
  bool frame_open_ = false, full_ = false;
};

}  // namespace journal
