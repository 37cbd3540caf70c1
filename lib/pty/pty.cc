#include "lib/pty/pty.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "lib/base/args.h"
#include "lib/base/high_fd.h"

namespace pty {

using base::Fd;
using base::Result;

namespace {
constexpr int64_t kMaxSide = 9999;

// The kernel answers a master for the other side. Elsewhere it fails, which is well. killpg(1)
// would mean everybody.
void repaint(int master) {
  const pid_t group = ::tcgetpgrp(master);
  if (group > 1) ::killpg(group, SIGWINCH);
}
}  // namespace

Result<Pair> open(Size size) {
  Pair p;
  p.master = base::high(Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)));
  if (!p.master) return base::sys_error(errno, "cannot open a pty");
  std::array<char, 64> name{};
  if (::grantpt(p.master.get()) < 0 || ::unlockpt(p.master.get()) < 0 ||
      ::ptsname_r(p.master.get(), name.data(), name.size()) != 0) {
    return base::sys_error(errno, "cannot unlock a pty");
  }
  p.name = name.data();
  Result<Fd> slave = base::open_file(p.name, O_RDWR | O_NOCTTY);
  if (!slave) return slave.error();
  p.slave = std::move(*slave);
  if (Result<void> r = set_size(p.slave.get(), size); !r) return r.error();
  return p;
}

Result<Fd> open_device(const std::string& path) {
  Result<Fd> fd = base::open_file(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (!fd) return fd;
  termios settings{};
  if (::tcgetattr(fd->get(), &settings) < 0) {
    return base::error(base::Errc::bad_input, path, ": is not a terminal");
  }
  ::cfmakeraw(&settings);
  settings.c_cflag |= CREAD;
  if (::tcsetattr(fd->get(), TCSANOW, &settings) < 0) return base::sys_error(errno, path);
  return fd;
}

Result<void> set_size(int fd, Size size) {
  const bool same = size_of(fd) == size;
  const winsize w{size.rows, size.columns, 0, 0};
  if (::ioctl(fd, TIOCSWINSZ, &w) < 0) return base::sys_error(errno, "window size");
  if (same) repaint(fd);  // the kernel tells only of a change
  return {};
}

Size size_of(int fd) {
  winsize w{};
  if (::ioctl(fd, TIOCGWINSZ, &w) < 0 || w.ws_row == 0 || w.ws_col == 0) return {};
  return {w.ws_row, w.ws_col};
}

Result<Size> parse_size(std::string_view text) {
  const size_t x = text.find('x');
  const std::string_view rest = x == std::string_view::npos ? "" : text.substr(x + 1);
  const Result<int64_t> rows = base::parse_number(text.substr(0, x), 1, kMaxSide);
  const Result<int64_t> columns = base::parse_number(rest, 1, kMaxSide);
  if (!rows || !columns) {
    return base::error(base::Errc::usage, text, ": expected ROWSxCOLUMNS, such as 24x80");
  }
  return Size{static_cast<uint16_t>(*rows), static_cast<uint16_t>(*columns)};
}

std::string size_text(Size size) {
  return base::cat(size.rows, "x", size.columns);
}

}  // namespace pty
