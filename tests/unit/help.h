// What the unit tests share: folders, environment variables, a loop that runs until something is
// true, the far ends of sockets, and processes for what must not happen to the test itself.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/net/loop.h"

namespace help {

// No test waits that long unless it is about to fail.
constexpr std::chrono::seconds kPatience{30};

// A folder of its own, removed with all that is in it.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "unit-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A variable of the environment, set or (nullptr) unset for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Variable() { set(old_ ? old_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) {
    if (value == nullptr) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, value, 1);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

inline std::string text(const std::string& path) {
  const base::Result<std::string> bytes = base::read_file(path, 1 << 28);
  return bytes ? *bytes : "(" + bytes.error().what + ")";
}

inline void put_file(const std::string& path, std::string_view bytes) {
  const base::Result<base::Fd> fd = base::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  REQUIRE(fd);
  REQUIRE(base::write_all(fd->get(), bytes));
}

// 0: there is no such file.
inline unsigned mode_of(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0 ? st.st_mode & 07777U : 0;
}

inline bool exists(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

inline size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

// Runs the loop until the condition holds; looks each millisecond. False: it never did.
template <class Condition>
bool run_until(net::Loop& loop, Condition condition) {
  const base::Time deadline = base::Clock::now() + kPatience;
  bool held = false;
  net::Timer look(loop, [&] {
    held = condition();
    if (held || base::Clock::now() > deadline) {
      loop.stop();
    } else {
      look.after(std::chrono::milliseconds(1));
    }
  });
  look.at(base::Clock::now());
  loop.run();
  return held;
}

// Lets the loop do what it has to do now.
inline void run_for(net::Loop& loop, base::Duration time) {
  const base::Time end = base::Clock::now() + time;
  run_until(loop, [&] { return base::Clock::now() >= end; });
}

struct Ends {
  base::Fd near, far;
};

// A connected pair of stream sockets, non-blocking.
inline Ends socket_pair() {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()) == 0);
  return {base::Fd(fds[0]), base::Fd(fds[1])};
}

inline void small_buffers(const Ends& ends) {
  const int size = 4096;
  ::setsockopt(ends.near.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  ::setsockopt(ends.far.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

// The other end of a connection, as the test plays it: what came so far, and whether it ended.
struct Far {
  explicit Far(base::Fd end) : fd(std::move(end)) { base::set_nonblocking(fd.get(), true); }
  // Takes what there is, at most `max` bytes at once.
  void read(size_t max = 1 << 20) {
    std::string buf(max, '\0');
    const ssize_t n = ::read(fd.get(), buf.data(), buf.size());
    if (n > 0) got.append(buf, 0, static_cast<size_t>(n));
    if (n == 0) ended = true;
    if (n < 0 && errno != EAGAIN && errno != EINTR) error = errno;
  }
  bool has(std::string_view what) {
    read();
    return got.find(what) != std::string::npos;
  }
  bool at_end() {
    for (size_t before = got.size() + 1; before != got.size() && !ended && error == 0;) {
      before = got.size();
      read();
    }
    return ended || error != 0;
  }
  void send(std::string_view bytes) const { REQUIRE(base::write_all(fd.get(), bytes)); }
  void half_close() const { ::shutdown(fd.get(), SHUT_WR); }

  base::Fd fd;
  std::string got;
  bool ended = false;
  int error = 0;
};

// What `f` returned (a string) in a process of its own; "" when that ended otherwise.
template <class F>
std::string forked(F f) {
  base::Result<base::Pipe> pipe = base::make_pipe();
  REQUIRE(pipe);
  const pid_t pid = ::fork();
  if (pid == 0) {
    pipe->read.reset();
    // Out of the way of tests that need certain numbers.
    const int report = ::fcntl(pipe->write.get(), F_DUPFD_CLOEXEC, 100);
    pipe->write.reset();
    const std::string said = f();
    const bool ok = static_cast<bool>(base::write_all(report, said));
    ::_exit(ok ? 0 : 1);
  }
  REQUIRE(pid > 0);
  pipe->write.reset();
  Far far(std::move(pipe->read));
  const base::Time deadline = base::Clock::now() + kPatience;
  while (!far.at_end() && base::Clock::now() < deadline) {
    pollfd p{far.fd.get(), POLLIN, 0};
    ::poll(&p, 1, 100);
  }
  if (!far.ended) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? far.got : "";
}

}  // namespace help
