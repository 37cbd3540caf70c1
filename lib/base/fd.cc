#include "lib/base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace base {

void Fd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old >= 0) ::close(old);
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return sys_error(errno, "pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<SocketPair> make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0) {
    return sys_error(errno, "socketpair");
  }
  return SocketPair{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return sys_error(errno, path);
  return Fd(fd);
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_error(errno, "write");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<std::string> read_all(const Fd& fd, const std::string& path, size_t limit) {
  std::string out;
  std::array<char, 16384> buf{};
  for (;;) {
    const ssize_t n = ::read(fd.get(), buf.data(), buf.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_error(errno, path);
    if (n == 0) return out;
    out.append(buf.data(), static_cast<size_t>(n));
    if (out.size() > limit) return error(Errc::too_big, path, ": more than ", limit, " bytes");
  }
}

Result<std::string> read_file(const std::string& path, size_t limit) {
  const Result<Fd> fd = open_file(path, O_RDONLY);
  if (!fd) return fd.error();
  return read_all(*fd, path, limit);
}

Result<Fd> open_regular(const std::string& path) {
  Result<Fd> fd = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return fd;
  struct stat st {};
  if (::fstat(fd->get(), &st) < 0) return sys_error(errno, path);
  if (!S_ISREG(st.st_mode)) return error(Errc::bad_input, path, ": not a regular file");
  return fd;
}

Result<std::string> read_regular(const std::string& path, size_t limit) {
  const Result<Fd> fd = open_regular(path);
  if (!fd) return fd.error();
  return read_all(*fd, path, limit);
}

void set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return;
  ::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

void fill_standard_files() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);  // NOLINT: without O_CLOEXEC, commands inherit these
  } while (fd >= 0 && fd <= 2);
  if (fd > 2) ::close(fd);
}

bool always_ready(int fd) {
  struct stat st {};
  if (::fstat(fd, &st) < 0) return false;
  return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || (S_ISCHR(st.st_mode) && !::isatty(fd));
}

bool hung_up(int fd) {
  pollfd p{fd, 0, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace base
