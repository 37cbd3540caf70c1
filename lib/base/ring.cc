#include "lib/base/ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "lib/base/check.h"

namespace base {

namespace {
constexpr size_t kLineSearch = 65536;

std::string_view view(const iovec& v) {
  return {static_cast<const char*>(v.iov_base), v.iov_len};
}
}  // namespace

Ring::Ring(size_t size, uint64_t start) : size_(size), start_(start), head_(start) {
  void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(p != MAP_FAILED);
  base_ = static_cast<char*>(p);
}

Ring::~Ring() {
  ::munmap(base_, size_);
}

iovec Ring::space(size_t max) const {
  const size_t at = head() % size_;
  return {base_ + at, std::min(max, size_ - at)};
}

void Ring::append(std::string_view bytes) {
  if (bytes.size() > size_) {
    head_.store(head() + bytes.size() - size_, std::memory_order_release);
    bytes.remove_prefix(bytes.size() - size_);
  }
  while (!bytes.empty()) {
    const iovec room = space(bytes.size());
    std::memcpy(room.iov_base, bytes.data(), room.iov_len);
    commit(room.iov_len);
    bytes.remove_prefix(room.iov_len);
  }
}

Ring::Slices Ring::slices(uint64_t from, size_t n) const {
  Slices s;
  if (n == 0) return s;
  const size_t at = from % size_;
  const size_t first = std::min(n, size_ - at);
  s.piece[0] = {base_ + at, first};
  s.count = 1;
  if (first < n) {
    s.piece[1] = {base_, n - first};
    s.count = 2;
  }
  return s;
}

void Ring::copy(uint64_t from, size_t n, char* out) const {
  const Slices s = slices(from, n);
  for (int i = 0; i < s.count; i++) {
    const iovec& v = s.piece[static_cast<size_t>(i)];
    std::memcpy(out, v.iov_base, v.iov_len);
    out += v.iov_len;
  }
}

uint64_t Ring::line_start(uint64_t from) const {
  const Slices s = slices(from, std::min<uint64_t>(head() - from, kLineSearch));
  uint64_t before = from;
  for (int i = 0; i < s.count; i++) {
    const std::string_view bytes = view(s.piece[static_cast<size_t>(i)]);
    const size_t at = bytes.find('\n');
    if (at != std::string_view::npos) return before + at + 1;
    before += bytes.size();
  }
  return from;
}

uint64_t Ring::last_lines(uint64_t floor, uint64_t lines) const {
  const uint64_t end = head();
  if (lines == 0 || end == floor) return end;
  // The newline that ends the last line is not the beginning of another one.
  Slices s = slices(floor, end - floor);
  uint64_t at = end;
  uint64_t seen = 0;
  for (int i = s.count - 1; i >= 0; i--) {
    std::string_view bytes = view(s.piece[static_cast<size_t>(i)]);
    const uint64_t start = at - bytes.size();
    while (!bytes.empty()) {
      const size_t nl = bytes.rfind('\n');
      if (nl == std::string_view::npos) break;
      const bool ends_last = start + nl + 1 == end;
      if (!ends_last && ++seen == lines) return start + nl + 1;
      bytes.remove_suffix(bytes.size() - nl);
    }
    at = start;
  }
  return floor;
}

uint64_t Ring::count_lines(uint64_t from, uint64_t to) const {
  const Slices s = slices(from, to - from);
  uint64_t n = 0;
  for (int i = 0; i < s.count; i++) n += count_newlines(view(s.piece[static_cast<size_t>(i)]));
  return n;
}

// Sums in bytes, a lane each, so that the compiler can use whole vector registers; a lane is full
// after 255 rounds.
uint64_t count_newlines(std::string_view bytes) {
  constexpr size_t kLanes = 32;
  constexpr size_t kRounds = 255;
  uint64_t n = 0;
  while (bytes.size() >= kLanes) {
    std::array<uint8_t, kLanes> lanes{};
    const size_t rounds = std::min(kRounds, bytes.size() / kLanes);
    const char* at = bytes.data();
    for (size_t r = 0; r < rounds; r++, at += kLanes) {
      for (size_t j = 0; j < kLanes; j++) {
        lanes[j] = static_cast<uint8_t>(lanes[j] + (at[j] == '\n' ? 1 : 0));
      }
    }
    for (const uint8_t lane : lanes) n += lane;
    bytes.remove_prefix(rounds * kLanes);
  }
  return n + static_cast<uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

}  // namespace base
