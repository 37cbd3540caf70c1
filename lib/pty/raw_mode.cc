#include "lib/pty/raw_mode.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace pty {

namespace {

// A handler and atexit(3) get no argument: this is the process's one terminal.
struct Saved {
  termios settings{};
  volatile std::sig_atomic_t active = 0;
  int fd = -1;
};

Saved& saved() {
  static Saved s;
  return s;
}

void on_fatal(int signal) {
  RawMode::leave();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

base::Result<void> RawMode::enter(int fd) {
  Saved& s = saved();
  // After SIGSTOP and SIGCONT the terminal may still be raw: what it was before stays known.
  if (s.active == 0 && ::tcgetattr(fd, &s.settings) < 0) return base::sys_error(errno, "terminal");
  termios raw = s.settings;
  ::cfmakeraw(&raw);
  s.fd = fd;
  s.active = 1;
  if (::tcsetattr(fd, TCSADRAIN, &raw) < 0) return base::sys_error(errno, "terminal");
  std::atexit([] { leave(); });
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, on_fatal);
  }
  return {};
}

void RawMode::leave() noexcept {
  Saved& s = saved();
  if (s.active == 0) return;
  s.active = 0;
  ::tcsetattr(s.fd, TCSADRAIN, &s.settings);
}

std::string for_raw(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

}  // namespace pty
