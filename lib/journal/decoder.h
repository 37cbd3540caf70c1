// Decoder: what becomes of compressed bytes, piece by piece: zstd (RFC 8878), or gzip (RFC 1952) as
// logrotate makes it. Pure, but for its memory: one window.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "lib/base/result.h"
#include "lib/journal/unpack.h"

namespace journal {

class Decoder {
 public:
  // nullptr: there is no memory.
  static std::unique_ptr<Decoder> make(Packing packing);
  virtual ~Decoder() = default;

  struct Step {
    size_t used = 0;    // of `in`
    size_t made = 0;    // at most `n`
    bool open = false;  // the frame is not at its end
  };
  // Another frame may follow one that is at its end.
  virtual base::Result<Step> step(std::string_view in, char* out, size_t n) = 0;
};

}  // namespace journal
