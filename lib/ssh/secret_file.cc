#include "lib/ssh/secret_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/fd.h"

namespace ssh {

using base::Errc;
using base::Result;

namespace {

constexpr size_t kMost = 64 * 1024;

// As ssh(1) does: of a file of ours the group may read nothing, either; one of root's may be meant
// for our group.
Result<void> check_private(const std::string& path, const struct stat& st) {
  const unsigned open_to = st.st_mode & (st.st_uid == ::geteuid() ? 077U : 007U);
  if (open_to == 0) return {};
  return base::error(Errc::denied, path, ": others can read it: chmod 600 ", path);
}

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  Result<base::Fd> fd = base::open_regular(path);
  if (!fd) return fd.error();
  struct stat st {};
  if (::fstat(fd->get(), &st) < 0) return base::sys_error(errno, path);
  if (Result<void> ok = check_private(path, st); !ok) return ok.error();
  return base::read_all(*fd, path, kMost);
}

Result<std::string> read_secret_line(const std::string& path) {
  Result<std::string> all = read_secret(path);
  if (!all) return all;
  all->resize(std::min(all->find_first_of("\r\n"), all->size()));
  if (all->empty()) return base::error(Errc::bad_input, path, ": its first line is empty");
  return all;
}

}  // namespace ssh
