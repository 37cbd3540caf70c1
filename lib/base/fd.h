// Fd: one open file descriptor with one owner; closed when that owner goes. Move-only.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.h"

namespace base {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Gives the descriptor away: the caller closes it.
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read, write;
};

// A pipe whose ends are closed in programs that are started later. Both ends block.
Result<Pipe> make_pipe();

struct SocketPair {
  Fd one, other;
};

// A connected pair of unix stream sockets, closed in programs that are started later. Neither
// blocks.
Result<SocketPair> make_socket_pair();

// open(2) with O_CLOEXEC, repeated on EINTR; the error names the path.
Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0600);

// For reading. Anything but a regular file (a FIFO, a device), which might never end, or keep a
// loop waiting, is bad_input.
Result<Fd> open_regular(const std::string& path);

// Writes all of it, also to a descriptor that takes it piecemeal. For blocking descriptors.
Result<void> write_all(int fd, std::string_view bytes);

// The whole of a small file; more than `limit` bytes is an error (too_big).
Result<std::string> read_file(const std::string& path, size_t limit);
// The same by open_regular().
Result<std::string> read_regular(const std::string& path, size_t limit);
// The same of what is open; `path` is for the error.
Result<std::string> read_all(const Fd& fd, const std::string& path, size_t limit);

void set_nonblocking(int fd, bool on);

// Whether the peer of a socket is gone, and has not only shut down its sending side (poll(2),
// POLLHUP).
bool hung_up(int fd);

// Descriptors 0 to 2 exist from here on (/dev/null, where the caller closed them), so that no
// socket becomes one of them. For the start of main.
void fill_standard_files();

// What no event loop can wait for, since it is always ready: a file, a folder, /dev/null and its
// like.
bool always_ready(int fd);

}  // namespace base
