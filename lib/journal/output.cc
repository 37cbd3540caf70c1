#include "lib/journal/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "lib/base/high_fd.h"

namespace journal {

namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstRest{100};
constexpr milliseconds kLongestRest{1000};
constexpr seconds kRotateAgain{60};  // after a rotation failed
constexpr int64_t kMicro = 1000000;

// The path without links; itself when that cannot be told.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? real.get() : path;
}

// When the file was made, as far as the file system knows.
int64_t born_us(int fd) {
  struct statx sx {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_CTIME, &sx) < 0) return base::wall_us();
  const statx_timestamp& t = (sx.stx_mask & STATX_BTIME) != 0 ? sx.stx_btime : sx.stx_ctime;
  return t.tv_sec * kMicro + t.tv_nsec / 1000;
}

ssize_t write_both(int fd, std::string_view a, std::string_view b) {
  std::array<iovec, 2> v{
      {{const_cast<char*>(a.data()), a.size()}, {const_cast<char*>(b.data()), b.size()}}};
  for (;;) {
    const ssize_t n = ::writev(fd, v.data(), 2);
    if (n >= 0) return n;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return n;
    pollfd p{fd, POLLOUT, 0};  // somebody made a descriptor of ours non-blocking
    ::poll(&p, 1, -1);
  }
}
}  // namespace

Output::Output(Options options, uint64_t offset)
    : options_(std::move(options)),
      offset_(offset),
      rotation_(options_.keep, options_.compress, indexed()),
      index_(options_.epoch, options_.mode) {
  counters_.open = options_.path.empty();
}

bool Output::ready(base::Time now) {
  if (resting(now)) return false;
  if (options_.path.empty()) return true;
  if (fd_) follow();
  if (fd_) return true;
  if (open_now()) return true;
  failed(errno, now);
  return false;
}

bool Output::open_now() {
  fd_ = base::high(base::Fd(open_path()));
  if (!fd_) return false;
  // O_NONBLOCK was for the opening, which would wait for a fifo's reader or a modem's carrier.
  base::set_nonblocking(fd_.get(), false);
  adopt();
  counters_.open = true;
  return true;
}

// A new file has exactly the wanted mode, since the umask is taken out by fchmod; one that somebody
// else makes in the same moment, or behind a dangling link, keeps its own.
int Output::open_path() {
  constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const char* path = options_.path.c_str();
  int fd = ::open(path, flags);
  if (fd >= 0 || errno != ENOENT) return fd;
  fd = ::open(path, flags | O_CREAT | O_EXCL, options_.mode);
  if (fd < 0 && errno == EEXIST) return ::open(path, flags | O_CREAT, options_.mode);
  if (fd >= 0) ::fchmod(fd, options_.mode);
  return fd;
}

void Output::adopt() {
  struct stat st {};
  if (::fstat(fd_.get(), &st) < 0) return;
  dev_ = st.st_dev;
  ino_ = st.st_ino;
  regular_ = S_ISREG(st.st_mode);
  size_ = static_cast<uint64_t>(st.st_size);
  line_start_ = false;
  if (!regular_ || !(rotates() || indexed())) return;
  const std::string path = resolved(options_.path);
  born_us_ = born_us(fd_.get());
  if (rotates()) rotation_.at(path);
  if (indexed()) index_.attach(path, fd_.get(), size_, offset_);
}

void Output::add(std::vector<Noted> events) {
  if (indexed()) index_.add(std::move(events));
}

void Output::reopen() {
  close();
  end_rest();
}

void Output::close() {
  if (!fd_) return;
  index_.close();
  fd_.reset();
  counters_.open = false;
}

// logrotate renames or removes the file without a word to us; then the path is another file or
// none. It is looked at before each write: what is written behind a compressor's back is lost.
void Output::follow() {
  struct stat st {};
  const int rc = ::stat(options_.path.c_str(), &st);
  if (rc < 0 ? errno == ENOENT : st.st_dev != dev_ || st.st_ino != ino_) {
    struct stat ours {};
    if (indexed() && ::fstat(fd_.get(), &ours) == 0) {
      index_.moved(offset_, static_cast<uint64_t>(ours.st_size));
    }
    return close();
  }
  if (rc < 0) return;
  if (static_cast<uint64_t>(st.st_size) < size_) index_.cut();  // logrotate's copytruncate
  size_ = static_cast<uint64_t>(st.st_size);
}

void Output::put(std::string_view bytes, base::Time now, std::string& scratch) {
  if (options_.filter && !bytes.empty()) {
    scratch.clear();
    options_.filter(bytes, scratch);
    bytes = scratch;
  }
  write(bytes, now);
}

void Output::write(std::string_view bytes, base::Time now) {
  while (ready(now)) {
    const size_t n = share(bytes, now);
    const size_t done = write_some(bytes.substr(0, n), now);
    bytes.remove_prefix(done);
    if (bytes.empty()) return;
    if (done == n) rotate(now);
  }
  lose(bytes.size());
}

// How many of the bytes go into the present file; if not all, it must be rotated before the rest.
size_t Output::share(std::string_view bytes, base::Time now) const {
  if (!regular_ || !rotates() || now < rotate_after_) return bytes.size();
  return cut(bytes, room(), line_start_ && size_ > 0);
}

uint64_t Output::room() const {
  constexpr uint64_t unlimited = UINT64_MAX;
  const int64_t age = options_.rotate_age.count() * kMicro;
  if (age > 0 && size_ > 0 && base::wall_us() - born_us_ >= age) return 0;
  if (options_.rotate_bytes == 0) return unlimited;
  return options_.rotate_bytes - std::min(size_, options_.rotate_bytes);
}

void Output::rotate(base::Time now) {
  follow();  // never rename a file that is not ours
  if (!fd_) return;
  index_.end(offset_, size_);
  const base::Result<void> rotated = rotation_.rotate();
  counters_.rotation_error = rotated ? 0 : rotated.error().sys;
  if (rotated) {
    counters_.rotations.fetch_add(1, std::memory_order_relaxed);
    close();
    return;
  }
  rotate_after_ = now + kRotateAgain;
}

// Returns how many of the bytes were written: all, unless the disk failed.
size_t Output::write_some(std::string_view bytes, base::Time now) {
  if (marker_.empty() && owed_ > 0) {
    announced_ = owed_;
    marker_ = base::cat("\n[[", owed_, " bytes skipped]]\n");
  }
  size_ = index_.before(offset_, size_, marker_.size(), bytes, now);
  bool any = false;
  size_t done = 0;
  while (!marker_.empty() || done < bytes.size()) {
    const ssize_t n = write_both(target(), marker_, bytes.substr(done));
    if (n <= 0) {
      const int error = n < 0 ? errno : EIO;
      if (!any) index_.take_back();
      failed(error, now);
      return done;
    }
    any = true;
    done += took(static_cast<size_t>(n));
  }
  if (index_.waiting()) index_.before(offset_, size_, 0, {}, now);
  if (done > 0) line_start_ = bytes[done - 1] == '\n';
  rest_ = {};
  counters_.error.store(0, std::memory_order_relaxed);
  return done;
}

// Books n bytes that the file took, of the marker first; returns those that were the stream's.
// With its first byte in the file, a marker's number stands.
size_t Output::took(size_t n) {
  size_ += n;
  const size_t of_marker = std::min(n, marker_.size());
  if (of_marker > 0) {
    marker_.erase(0, of_marker);
    owed_ -= std::exchange(announced_, 0);
  }
  offset_ += n - of_marker;
  counters_.written.fetch_add(n - of_marker, std::memory_order_relaxed);
  return n - of_marker;
}

void Output::lose(uint64_t n) {
  owe(n);
  count_lost(n);
}

// Full disks empty, devices come back, and paths are repaired: so the file is opened again later.
void Output::failed(int error, base::Time now) {
  counters_.error = error;
  if (std::exchange(announced_, 0) > 0) marker_.clear();
  rest_ = std::clamp<base::Duration>(rest_ * 2, kFirstRest, kLongestRest);
  rest_until_ = now + rest_;
  close();
}

void Output::pack() {
  const base::Result<void> packed = rotation_.pack();
  if (!packed) counters_.rotation_error = packed.error().sys;
}

}  // namespace journal
