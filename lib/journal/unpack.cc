#include "lib/journal/unpack.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "lib/journal/decoder.h"

namespace journal {

namespace {
constexpr size_t kIn = 131072;
constexpr size_t kSkip = 262144;
constexpr size_t kStep = 131072;  // what one call makes before it finds an error is lost

base::Result<size_t> read_some(int fd, char* out, size_t n) {
  ssize_t got = 0;
  do {
    got = ::read(fd, out, n);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return base::sys_error(errno, "read");
  return static_cast<size_t>(got);
}
}  // namespace

Unpack::Unpack(base::Fd fd, Packing packing) : fd_(std::move(fd)), packing_(packing) {}
Unpack::~Unpack() = default;
Unpack::Unpack(Unpack&&) noexcept = default;
Unpack& Unpack::operator=(Unpack&&) noexcept = default;

base::Result<size_t> Unpack::read(char* out, size_t n) {
  base::Result<size_t> got = packed() ? read_packed(out, n) : read_some(fd_.get(), out, n);
  if (got) position_ += *got;
  return got;
}

base::Result<size_t> Unpack::read_packed(char* out, size_t n) {
  if (!decoder_) {
    decoder_ = Decoder::make(packing_);
    if (!decoder_) return base::sys_error(ENOMEM, "unpack");
    in_.reset(new char[kIn]);
  }
  n = std::min(n, kStep);
  for (;;) {
    if (in_at_ == in_size_ && !full_) {
      const base::Result<size_t> got = read_some(fd_.get(), in_.get(), kIn);
      if (!got) return got;
      in_at_ = 0;
      in_size_ = *got;
      if (in_size_ == 0 && frame_open_) return base::error(base::Errc::io, "unpack: cut off");
      if (in_size_ == 0) return size_t{0};
    }
    const std::string_view in(&in_[in_at_], in_size_ - in_at_);
    const base::Result<Decoder::Step> step = decoder_->step(in, out, n);
    if (!step) return base::in("unpack", step.error());
    in_at_ += step->used;
    frame_open_ = step->open;
    full_ = frame_open_ && step->made == n;  // then there may be more of what was taken in
    if (step->made > 0) return step->made;
  }
}

base::Result<void> Unpack::rewind() {
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return base::sys_error(errno, "seek");
  decoder_.reset();
  in_at_ = in_size_ = 0;
  frame_open_ = full_ = false;
  position_ = 0;
  return {};
}

base::Result<void> Unpack::seek(uint64_t position) {
  if (!packed()) {
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
