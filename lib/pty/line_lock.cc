#include "lib/pty/line_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include "lib/base/fd.h"
#include "lib/pty/line_settings.h"

namespace pty {

using base::Errc;
using base::Result;

namespace {

constexpr size_t kMaxLock = 64;
constexpr size_t kColumns = 10;

// The process a lock file names; 0 where it names none.
pid_t owner(const std::string& file) {
  const Result<std::string> text = base::read_file(file, kMaxLock);
  if (!text) return 0;
  const size_t begin = text->find_first_not_of(' ');
  pid_t pid = 0;
  if (begin != std::string::npos) {
    std::from_chars(text->data() + begin, text->data() + text->size(), pid);
  }
  return pid;
}

bool alive(pid_t pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

// A file with our number, complete before it has the lock's name.
Result<std::string> scratch(const std::string& file) {
  const std::string name = base::cat(file, ".", ::getpid());
  const Result<base::Fd> fd = base::open_file(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!fd) return fd.error();
  std::string text = std::to_string(::getpid());
  text.insert(0, kColumns - std::min(kColumns, text.size()), ' ');
  if (Result<void> r = base::write_all(fd->get(), text + "\n"); !r) {
    ::unlink(name.c_str());
    return r.error();
  }
  return name;
}

}  // namespace

Result<LineLock> LineLock::take(const std::string& folder, const std::string& device) {
  LineLock lock;
  if (Result<void> r = lock.add(folder, device); !r) return r.error();
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(device.c_str(), nullptr),
                                                         &std::free);
  if (real && device != real.get() && is_serial(real.get())) {
    if (Result<void> r = lock.add(folder, real.get()); !r) return r.error();
  }
  return lock;
}

Result<void> LineLock::add(const std::string& folder, const std::string& device) {
  std::string file = base::cat(folder, "/LCK..", device.substr(device.rfind('/') + 1));
  if (std::find(files_.begin(), files_.end(), file) != files_.end()) return {};
  const Result<std::string> ours = scratch(file);
  if (!ours) return base::in("lock (parameter lock=false goes without)", ours.error());
  int sys = 0;
  for (int round = 0; round < 2; round++) {
    // link(2) is atomic, also where O_EXCL was not.
    sys = ::link(ours->c_str(), file.c_str()) == 0 ? 0 : errno;
    if (sys != EEXIST) break;
    const pid_t pid = owner(file);
    if (alive(pid)) {
      ::unlink(ours->c_str());
      return base::error(Errc::busy, device, ": in use by process ", pid, " (", file, ")");
    }
    ::unlink(file.c_str());
  }
  ::unlink(ours->c_str());
  if (sys != 0) return base::sys_error(sys, file);
  files_.push_back(std::move(file));
  return {};
}

LineLock::LineLock(LineLock&& other) noexcept : files_(std::exchange(other.files_, {})) {}

LineLock::~LineLock() {
  for (const std::string& file : files_) ::unlink(file.c_str());
}

Result<void> claim(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) return base::error(Errc::busy, "in use: another has it locked");
  return base::sys_error(errno, "lock");
}

}  // namespace pty
