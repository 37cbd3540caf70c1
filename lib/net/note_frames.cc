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

std::optional<Unframer::Piece> Unframer::next(std::string_view& bytes) {
  while (framed_ && left_ == 0 && !bytes.empty()) {
    header_ = header_ << 8U | static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (++header_bytes_ < static_cast<int>(kHeader)) continue;
    header_bytes_ = 0;
    note_ = (header_ & kNote) != 0;
    left_ = header_ & ~kNote;
  }
  if (bytes.empty()) return {};
  const size_t n = framed_ ? std::min<size_t>(left_, bytes.size()) : bytes.size();
  Piece piece{bytes.substr(0, n), note_, note_ ? 0 : n, {}};
  bytes.remove_prefix(n);
  if (framed_) left_ -= static_cast<uint32_t>(n);
  if (!note_) leave_out(piece);
  if (!note_) return piece;
  text_ += piece.bytes.substr(0, kLongestText - std::min(kLongestText, text_.size()));
  if (left_ > 0) return piece;
  piece.passed = marked_bytes(text_);
  leave_out(piece);
  piece.text = std::exchange(text_, {});
  return piece;
}

void Unframer::leave_out(Piece& piece) {
  const uint64_t seen = std::min(again_, piece.passed);
  again_ -= seen;
  if (!piece.note) piece.bytes.remove_prefix(seen);
}

Unframer::Found Unframer::take(std::span<char> bytes) {
  Found found;
  std::string_view rest(bytes.data(), bytes.size());
  while (auto piece = next(rest)) {
    std::memmove(&bytes[found.kept], piece->bytes.data(), piece->bytes.size());
    found.kept += piece->bytes.size();
    found.passed += piece->passed;
    found.notes = found.notes || piece->note;
    if (!piece->text.empty()) found.last = std::move(piece->text);
  }
  return found;
}

}  // namespace net
