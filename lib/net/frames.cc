#include "lib/net/frames.h"

#include <algorithm>
#include <cstdint>

namespace net {

namespace {

constexpr size_t kHeader = 4;

size_t put_header(size_t n, char* out) {
  for (size_t i = 0; i < kHeader; i++) out[i] = static_cast<char>(n >> (8 * (kHeader - 1 - i)));
  return kHeader;
}

int32_t length_of(std::string_view header) {
  uint32_t n = 0;
  for (size_t i = 0; i < kHeader; i++) n = n << 8 | static_cast<unsigned char>(header[i]);
  return static_cast<int32_t>(n);
}

}  // namespace

const Framing kFraming{kMaxFrameOut, put_header};

std::string frames_of(std::string_view payload) {
  std::string out;
  while (!payload.empty()) {
    const std::string_view piece = payload.substr(0, kMaxFrameOut);
    std::string header(kHeader, '\0');
    put_header(piece.size(), header.data());
    out += header;
    out += piece;
    payload.remove_prefix(piece.size());
  }
  return out;
}

base::Result<std::optional<std::string_view>> FrameReader::next(std::string_view& bytes) {
  using Frame = std::optional<std::string_view>;
  if (given_) rest_ = std::string();
  given_ = false;
  if (bytes.empty()) return Frame{};
  // What a frame needs may be here in one piece, which is nearly always so, or in several.
  const auto fill = [&](size_t want) {
    const size_t n = std::min(bytes.size(), want - rest_.size());
    rest_ += bytes.substr(0, n);
    bytes.remove_prefix(n);
    return rest_.size() == want;
  };
  const bool whole_header = rest_.empty() && bytes.size() >= kHeader;
  if (!whole_header && rest_.size() < kHeader && !fill(kHeader)) return Frame{};
  const int32_t length = length_of(whole_header ? bytes : rest_);
  if (length < 0 || static_cast<size_t>(length) > kMaxFrameIn) {
    return base::error(base::Errc::too_big, "a frame of ", length, " bytes: at most ", kMaxFrameIn);
  }
  const size_t size = static_cast<size_t>(length);
  if (whole_header && bytes.size() - kHeader >= size) {
    const std::string_view payload = bytes.substr(kHeader, size);
    bytes.remove_prefix(kHeader + size);
    return Frame{payload};
  }
  if (!fill(kHeader + size)) return Frame{};
  given_ = true;
  return Frame{std::string_view(rest_).substr(kHeader)};
}

}  // namespace net
