#include "lib/pty/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pty {

namespace {

// Where stdout cannot be opened once more (a socket, a terminal of another user), so much fits
// whenever poll(2) says that there is room; a pipe promises it.
constexpr size_t kPiece = 4096;
constexpr int kLastWaitMs = 1000;

base::Fd open_again() {
  base::Result<base::Fd> fd = base::open_file("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY);
  return fd ? std::move(*fd) : base::Fd();
}

// The end of a pipe that can only be written: to wait for input there is to wait for its reader
// to go.
bool is_pipe_end(int fd) {
  struct stat st {};
  return ::fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
         (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

bool has_room(int fd, int wait_ms) {
  pollfd p{fd, POLLOUT, 0};
  return ::poll(&p, 1, wait_ms) > 0;
}

}  // namespace

Output::Output(net::Loop& loop, std::function<void()> drained, std::function<void()> gone)
    : drained_(std::move(drained)),
      gone_(std::move(gone)),
      own_(base::always_ready(STDOUT_FILENO) ? base::Fd() : open_again()),
      fd_(own_ ? own_.get() : STDOUT_FILENO),
      pipe_(is_pipe_end(STDOUT_FILENO)) {
  if (base::always_ready(STDOUT_FILENO)) return;
  watch_ = std::make_unique<net::Watch>(loop, fd_, [this](unsigned what) { ready(what); });
  watch_->want(pipe_ ? net::Watch::kRead : net::Watch::kNothing);
}

void Output::write(std::string_view bytes) {
  const bool waited = waiting();
  queue_ += bytes;
  if (!waited && !flush()) gone_();
}

// False: nobody reads.
bool Output::flush() {
  size_t done = 0;
  while (done < queue_.size() && (!watch_ || has_room(fd_, 0))) {
    const size_t size =
        watch_ && !own_ ? std::min(kPiece, queue_.size() - done) : queue_.size() - done;
    const ssize_t n = ::write(fd_, queue_.data() + done, size);
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0 && errno != EINTR) {
      queue_.clear();
      return false;
    }
    done += n < 0 ? 0 : static_cast<size_t>(n);
  }
  queue_.erase(0, done);
  if (watch_) {
    watch_->want((pipe_ ? net::Watch::kRead : 0U) | (waiting() ? net::Watch::kWrite : 0U));
  }
  return true;
}

void Output::ready(unsigned what) {
  const bool waited = waiting();
  // An error is shown as both: readable, too.
  if (!flush() || (what & net::Watch::kRead) != 0) {
    watch_->want(net::Watch::kNothing);
    gone_();
  } else if (waited && !waiting()) {
    drained_();
  }
}

void Output::finish(std::string_view bytes) {
  queue_ += bytes;
  while (waiting() && (!watch_ || has_room(fd_, kLastWaitMs)) && flush()) {
  }
}

}  // namespace pty
