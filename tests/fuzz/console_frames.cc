// The frames are the same however the bytes are cut, and what they carry is what came.
// with: lib/net/frames.cc
#include <string>
#include <vector>

#include "lib/net/frames.h"
#include "tests/fuzz/target.h"

namespace {
struct Frames {
  std::vector<std::string> payloads;
  bool refused = false;
  bool operator==(const Frames&) const = default;
};

Frames read_frames(std::string_view in, bool whole) {
  net::FrameReader reader;
  Frames frames;
  while (!in.empty() && !frames.refused) {
    std::string_view piece = whole ? in : fuzz_piece(in);
    in.remove_prefix(piece.size());
    while (true) {
      const auto frame = reader.next(piece);
      frames.refused = !frame;
      if (!frame || !*frame) break;
      frames.payloads.emplace_back(**frame);
    }
  }
  return frames;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  const Frames frames = read_frames(in, true);
  fuzz_expect(frames == read_frames(in, false));
  size_t taken = 0;
  for (const std::string& p : frames.payloads) {
    fuzz_expect(p.size() <= net::kMaxFrameIn);
    fuzz_expect(in.substr(taken + 4, p.size()) == p);
    taken += 4 + p.size();
  }
  fuzz_expect(taken <= size);
  // What we send is what such a reader reads.
  std::string back;
  for (const std::string& p : read_frames(net::frames_of(in), true).payloads) {
    fuzz_expect(!p.empty() && p.size() <= net::kMaxFrameOut);
    back += p;
  }
  fuzz_expect(back == in);
  return 0;
}
