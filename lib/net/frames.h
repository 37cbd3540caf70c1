// frames: goconserver's console protocol: a length of four bytes, signed and big-endian, then so
// many bytes; both ways, before and after the handshake. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/net/fanout.h"

namespace net {

// What is taken from a client in one frame; a longer one, or a negative one, is the end of it.
inline constexpr size_t kMaxFrameIn = 64 * 1024;
// congo copies each frame into 4096 bytes and holds two over from the last.
inline constexpr size_t kMaxFrameOut = 4094;

// The frames of a payload, which may be longer than one.
std::string frames_of(std::string_view payload);

// The same for what a Fanout sends.
extern const Framing kFraming;

class FrameReader {
 public:
  // Takes bytes from the front of `bytes` up to the end of one frame: its payload, which is good
  // until the next call and while the bytes are; an empty one is a frame like any other. Nothing
  // once they are used up. After an error there is nothing to be read any more.
  base::Result<std::optional<std::string_view>> next(std::string_view& bytes);

 private:
  std::string rest_;  // of an unfinished frame, with its length
  bool given_ = false;
};

}  // namespace net
