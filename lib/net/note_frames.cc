#include "lib/net/note_frames.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace net {

namespace {

constexpr size_t kHeader = 4;
constexpr uint32_t kNote = 1U << 31U;
constexpr size_t kPayload = 64 * 1024;
constexpr size_t kLongestText = 256;

size_t put(uint32_t value, char* out) {
  for (size_t i = 0; i < kHeader; i++) out[i] = static_cast<char>(value >> (24 - 8 * i));
  return kHeader;
}

size_t data_header(size_t n, char* out) {
  return put(static_cast<uint32_t>(n), out);
}

size_t note_header(size_t n, char* out) {
  return put(static_cast<uint32_t>(n) | kNote, out);
}

}  // namespace

const Framing kFrames = {kPayload, data_header, note_header};

uint64_t marked_bytes(std::string_view text) {
  constexpr std::string_view kBefore = "\n[[", kAfter = " bytes skipped]]\n";
  if (!text.starts_with(kBefore) || !text.ends_with(kAfter)) return 0;
  text.remove_prefix(kBefore.size());
  uint64_t n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  const bool whole = wrong == std::errc() && std::string_view(end, text.end()) == kAfter;
  return whole ? n : 0;
}

Unframer::Found Unframer::take(std::span<char> bytes) {
  Found found;
  for (size_t at = 0; at < bytes.size();) {
    if (left_ == 0) {
      header_ = header_ << 8U | static_cast<unsigned char>(bytes[at++]);
      if (++header_bytes_ < static_cast<int>(kHeader)) continue;
      header_bytes_ = 0;
      note_ = (header_ & kNote) != 0;
      left_ = header_ & ~kNote;
      continue;
    }
    const size_t n = std::min<size_t>(left_, bytes.size() - at);
    std::memmove(&bytes[found.kept], &bytes[at], n);
    const std::string_view piece(&bytes[found.kept], n);
    found.kept += n;
    at += n;
    left_ -= static_cast<uint32_t>(n);
    if (!note_) {
      found.passed += n;
      continue;
    }
    found.notes = true;
    text_ += piece.substr(0, kLongestText - std::min(kLongestText, text_.size()));
    if (left_ > 0) continue;
    found.passed += marked_bytes(text_);
    found.last = std::exchange(text_, {});
  }
  return found;
}

}  // namespace net
