#include "lib/journal/compress.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include <zstd.h>

namespace journal {

namespace {
constexpr size_t kOut = 131072;

ssize_t read_some(int fd, char* out, size_t n) {
  ssize_t got = 0;
  do {
    got = ::read(fd, out, n);
  } while (got < 0 && errno == EINTR);
  return got;
}
}  // namespace

void Compress::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

base::Result<std::unique_ptr<Compress>> Compress::begin(const std::string& source,
                                                        const std::string& scratch,
                                                        std::string_view front) {
  base::Result<base::Fd> in = base::open_file(source, O_RDONLY);
  if (!in) return in.error();
  // Never through a link that somebody laid there: the folder may be another user's.
  ::unlink(scratch.c_str());
  base::Result<base::Fd> out = base::open_file(scratch, O_WRONLY | O_CREAT | O_EXCL);
  if (!out) return out.error();
  const base::Result<void> written = base::write_all(out->get(), front);
  if (!written) {
    ::unlink(scratch.c_str());
    return base::in(scratch, written.error());
  }
  return std::unique_ptr<Compress>(new Compress(std::move(*in), std::move(*out), scratch));
}

Compress::Compress(base::Fd in, base::Fd out, std::string scratch)
    : in_(std::move(in)),
      out_(std::move(out)),
      scratch_(std::move(scratch)),
      context_(ZSTD_createCCtx()),
      slice_(new char[kSlice]),
      packed_(new char[kOut]) {
  if (context_) ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

Compress::~Compress() {
  if (!scratch_.empty()) ::unlink(scratch_.c_str());
}

base::Result<bool> Compress::step() {
  if (!context_) return base::sys_error(ENOMEM, scratch_);
  const ssize_t got = read_some(in_.get(), slice_.get(), kSlice);
  if (got < 0) return base::sys_error(errno, scratch_, ": read the source");
  const base::Result<void> fed = feed(static_cast<size_t>(got), got == 0);
  if (!fed) return fed.error();
  if (got > 0) return false;
  const base::Result<void> finished = finish();
  if (!finished) return finished.error();
  return true;
}

base::Result<void> Compress::feed(size_t n, bool last) {
  ZSTD_inBuffer in{slice_.get(), n, 0};
  for (;;) {
    ZSTD_outBuffer out{packed_.get(), kOut, 0};
    const size_t left =
        ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left)) {
      return base::error(base::Errc::io, scratch_, ": ", ZSTD_getErrorName(left));
    }
    const base::Result<void> written = base::write_all(out_.get(), {packed_.get(), out.pos});
    if (!written) return base::in(scratch_, written.error());
    if (last ? left == 0 : in.pos == n) break;
  }
  // The disk begins now, so that the fsync at the end finds little to wait for.
  ::sync_file_range(out_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  return {};
}

base::Result<void> Compress::finish() {
  struct stat st {};
  if (::fstat(in_.get(), &st) < 0) return base::sys_error(errno, scratch_);
  // Owner and times are a courtesy: who may not give files away keeps them.
  if (::fchown(out_.get(), st.st_uid, st.st_gid) < 0) errno = 0;
  const std::array<timespec, 2> times{st.st_atim, st.st_mtim};
  ::futimens(out_.get(), times.data());
  if (::fchmod(out_.get(), st.st_mode & 07777) < 0) return base::sys_error(errno, scratch_);
  if (::fsync(out_.get()) < 0) return base::sys_error(errno, scratch_);
  return {};
}

base::Result<void> Compress::keep_as(const std::string& name) {
  if (::rename(scratch_.c_str(), name.c_str()) < 0) return base::sys_error(errno, name);
  scratch_.clear();
  return {};
}

}  // namespace journal
