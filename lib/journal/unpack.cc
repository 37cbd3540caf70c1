#include "lib/journal/unpack.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <zstd.h>

namespace journal {

namespace {
constexpr size_t kIn = 131072;
constexpr size_t kSkip = 262144;
constexpr int kWindowLog = 27;  // 128 MiB at most, whoever packed it

base::Result<size_t> read_some(int fd, char* out, size_t n) {
  ssize_t got = 0;
  do {
    got = ::read(fd, out, n);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return base::sys_error(errno, "read");
  return static_cast<size_t>(got);
}
}  // namespace

void Unpack::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

Unpack::Unpack(base::Fd fd, bool packed) : fd_(std::move(fd)), packed_(packed) {}
Unpack::~Unpack() = default;
Unpack::Unpack(Unpack&&) noexcept = default;
Unpack& Unpack::operator=(Unpack&&) noexcept = default;

base::Result<size_t> Unpack::read(char* out, size_t n) {
  base::Result<size_t> got = packed_ ? read_packed(out, n) : read_some(fd_.get(), out, n);
  if (got) position_ += *got;
  return got;
}

base::Result<size_t> Unpack::read_packed(char* out, size_t n) {
  if (!context_) {
    context_.reset(ZSTD_createDCtx());
    if (!context_) return base::sys_error(ENOMEM, "unpack");
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
    in_.reset(new char[kIn]);
  }
  // A block at a time: what one call makes before it finds an error is lost.
  n = std::min<size_t>(n, ZSTD_BLOCKSIZE_MAX);
  ZSTD_outBuffer to{out, n, 0};
  for (;;) {
    if (in_at_ == in_size_ && !full_) {
      const base::Result<size_t> got = read_some(fd_.get(), in_.get(), kIn);
      if (!got) return got;
      in_at_ = 0;
      in_size_ = *got;
      if (in_size_ == 0 && frame_open_) return base::error(base::Errc::io, "unpack: cut off");
      if (in_size_ == 0) return size_t{0};
    }
    ZSTD_inBuffer from{in_.get(), in_size_, in_at_};
    const size_t left = ZSTD_decompressStream(context_.get(), &to, &from);
    if (ZSTD_isError(left)) {
      return base::error(base::Errc::io, "unpack: ", ZSTD_getErrorName(left));
    }
    in_at_ = from.pos;
    frame_open_ = left != 0;
    full_ = frame_open_ && to.pos == n;  // then there may be more of what was taken in
    if (to.pos > 0) return to.pos;
  }
}

base::Result<void> Unpack::rewind() {
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return base::sys_error(errno, "seek");
  context_.reset();
  in_at_ = in_size_ = 0;
  frame_open_ = full_ = false;
  position_ = 0;
  return {};
}

base::Result<void> Unpack::seek(uint64_t position) {
  if (!packed_) {
    if (::lseek(fd_.get(), static_cast<off_t>(position), SEEK_SET) < 0) {
      return base::sys_error(errno, "seek");
    }
    position_ = position;
    return {};
  }
  if (position < position_) {
    const base::Result<void> back = rewind();
    if (!back) return back;
  }
  const std::unique_ptr<char[]> skipped(new char[kSkip]);
  while (position_ < position) {
    const base::Result<size_t> got =
        read(skipped.get(), static_cast<size_t>(std::min<uint64_t>(kSkip, position - position_)));
    if (!got) return got.error();
    if (*got == 0) break;
  }
  return {};
}

}  // namespace journal
