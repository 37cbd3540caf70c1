#include "lib/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "lib/base/fd.h"

namespace base {

namespace {
Result<void> fill(const std::string& path, std::string_view bytes, unsigned mode) {
  Result<Fd> fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
  if (!fd) return fd.error();
  if (::fchmod(fd->get(), mode) < 0) return sys_error(errno, path);
  if (Result<void> w = write_all(fd->get(), bytes); !w) return in(path, w.error());
  if (::fsync(fd->get()) < 0) return sys_error(errno, path);
  return {};
}
}  // namespace

Result<void> sync_folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string dir = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Result<Fd> fd = open_file(dir, O_RDONLY | O_DIRECTORY);
  if (!fd) return fd.error();
  if (::fsync(fd->get()) < 0) return sys_error(errno, dir);
  return {};
}

Result<void> write_atomic(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string aside = path + ".new";
  if (Result<void> r = fill(aside, bytes, mode); !r) {
    ::unlink(aside.c_str());
    return r;
  }
  if (::rename(aside.c_str(), path.c_str()) < 0) {
    const Error e = sys_error(errno, path);
    ::unlink(aside.c_str());
    return e;
  }
  return sync_folder(path);
}

}  // namespace base
