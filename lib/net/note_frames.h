// note_frames: a console's stream between two daemons, where what the source said must be told from
// what was put in between (a loss marker, a note): four bytes, the most significant first, are a
// length, and their top bit says that this is no part of the stream; then so many bytes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/net/fanout.h"

namespace net {

// For Fanout::add.
extern const Framing kFrames;

// The other end. One that is not `framed` takes all for the source's. `again`: so many of the first
// bytes of the source were seen before, and are left out, though the stream goes on by them.
class Unframer {
 public:
  explicit Unframer(bool framed = true, uint64_t again = 0) : framed_(framed), again_(again) {}

  struct Piece {
    std::string_view bytes;  // without their frames
    bool note = false;       // no part of the stream
    uint64_t passed = 0;     // so far the stream went on: by them, or by what a marker stands for
    std::string text;        // of a note that ends here
  };
  // The next piece of bytes, which shrink; nothing once they are used up. They end anywhere.
  std::optional<Piece> next(std::string_view& bytes);

  struct Found {
    size_t kept = 0;      // bytes without their frames, which are at the front now
    uint64_t passed = 0;  // so far the stream went on: its bytes, and those a marker stands for
    bool notes = false;   // some of `kept` are no part of it
    std::string last;     // the text of the last note that ended here
  };

  // The same for all of them, in place.
  Found take(std::span<char> bytes);

 private:
  void leave_out(Piece& piece);

  bool framed_;
  uint64_t again_;
  uint32_t header_ = 0;
  int header_bytes_ = 0;
  uint32_t left_ = 0;  // of this frame
  bool note_ = false;
  std::string text_;  // of a note, as far as a marker is long
};

// N of LF [[N bytes skipped]] LF; 0: it is no loss marker.
uint64_t marked_bytes(std::string_view text);

}  // namespace net
