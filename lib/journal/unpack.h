// Unpack: one file of a journal, plain or compressed, read from its beginning on. Blocks on the
// disk, and holds one window of zstd at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace journal {

enum class Packing : uint8_t { none, zstd, gzip };

class Decoder;

class Unpack {
 public:
  Unpack(base::Fd fd, Packing packing);
  ~Unpack();
  Unpack(Unpack&&) noexcept;
  Unpack& operator=(Unpack&&) noexcept;

  int fd() const { return fd_.get(); }
  bool packed() const { return packing_ != Packing::none; }
  uint64_t position() const { return position_; }

  // The next bytes, at most `n`; 0: there are no more (of a plain file: now). A compressed file
  // that is cut off or broken is an error once its sound part was read.
  base::Result<size_t> read(char* out, size_t n);
  // To this position, or to the end where it is beyond. Through a compressed file it takes time.
  base::Result<void> seek(uint64_t position);

 private:
  base::Result<void> rewind();
  base::Result<size_t> read_packed(char* out, size_t n);

  base::Fd fd_;
  Packing packing_;
  uint64_t position_ = 0;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<char[]> in_;
  size_t in_at_ = 0, in_size_ = 0;
  bool frame_open_ = false, full_ = false;
};

}  // namespace journal
