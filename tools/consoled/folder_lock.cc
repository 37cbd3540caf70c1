#include "tools/consoled/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "lib/base/args.h"
#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/base/paths.h"

namespace consoled {

using base::Fd;
using base::Result;

namespace {

// ", pid N", as far as it stands there: its owner may be about to write it.
std::string owner(int fd) {
  std::array<char, 24> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view pid(text.data(), n > 0 ? static_cast<size_t>(n - 1) : 0);
  return base::parse_number(pid, 1, INT32_MAX) ? base::cat(", pid ", pid) : "";
}

// The kernel lets a killed owner's lock go only when it has taken the whole process down, which its
// parent may hear of before.
bool take_lock(int fd) {
  constexpr auto kPatience = std::chrono::seconds(2);
  const base::Time until = base::Clock::now() + kPatience;
  while (::flock(fd, LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK || base::Clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace

Result<Fd> lock_folder(const std::string& folder) {
  if (Result<void> made = base::paths::make_folders(folder); !made) return made.error();
  const std::string path = folder + "/consoled.lock";
  Result<Fd> fd = base::open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (!fd) return fd;
  if (!take_lock(fd->get())) {
    if (errno != EWOULDBLOCK) return base::sys_error(errno, path);
    return base::error(base::Errc::busy, folder, " is used by consoled", owner(fd->get()));
  }
  // Nobody but people needs the pid: a full disk is not to keep the daemon away.
  if (::ftruncate(fd->get(), 0) == 0) {
    static_cast<void>(base::write_all(fd->get(), base::cat(::getpid(), "\n")));
  }
  return fd;
}

}  // namespace consoled
