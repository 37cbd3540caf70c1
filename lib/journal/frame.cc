#include "lib/journal/frame.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <zstd.h>

namespace journal {

namespace {
constexpr uint32_t kSkippable = 0x184D2A57;  // one of the sixteen
constexpr std::string_view kName = "LMINDEX1";
constexpr size_t kHead = 8;                       // magic and size
constexpr size_t kMostPacked = 16UL << 20U;       // an index is far smaller
constexpr unsigned long long kMost = 64U << 20U;  // what it may become
}  // namespace

std::string index_frame(std::string_view index) {
  std::string packed(ZSTD_compressBound(index.size()), '\0');
  const size_t n = ZSTD_compress(packed.data(), packed.size(), index.data(), index.size(), 3);
  if (ZSTD_isError(n) || n > kMostPacked) return {};
  const auto size = static_cast<uint32_t>(kName.size() + n);
  std::string out(kHead, '\0');
  std::memcpy(&out[0], &kSkippable, 4);
  std::memcpy(&out[4], &size, 4);
  out += kName;
  return out.append(packed, 0, n);
}

std::string read_index_frame(int fd) {
  std::array<char, kHead + kName.size()> head{};
  if (::pread(fd, head.data(), head.size(), 0) != static_cast<ssize_t>(head.size())) return {};
  uint32_t magic = 0, size = 0;
  std::memcpy(&magic, &head[0], 4);
  std::memcpy(&size, &head[4], 4);
  if (magic != kSkippable || std::string_view(&head[kHead], kName.size()) != kName) return {};
  if (size < kName.size() || size > kMostPacked + kName.size()) return {};
  std::string packed(size - kName.size(), '\0');
  const ssize_t n = ::pread(fd, packed.data(), packed.size(), head.size());
  if (n != static_cast<ssize_t>(packed.size())) return {};
  const unsigned long long whole = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (whole > kMost) return {};  // also the two errors
  std::string out(static_cast<size_t>(whole), '\0');
  const size_t got = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != out.size()) return {};
  return out;
}

}  // namespace journal
