#include "tools/qwait/output.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "lib/base/fd.h"

namespace qwait {

using base::Result;

namespace {

struct stat stdout_stat() {
  struct stat st {};
  ::fstat(STDOUT_FILENO, &st);
  return st;
}

bool writable() {
  pollfd p{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&p, 1, 0) == 1;
}

}  // namespace

Output::Output(net::Loop& loop, std::function<void()> closed) : closed_(std::move(closed)) {
  const mode_t mode = stdout_stat().st_mode;
  if (S_ISREG(mode) || (S_ISCHR(mode) && ::isatty(STDOUT_FILENO) == 0)) return;
  pipe_ = S_ISFIFO(mode);
  watch_ =
      std::make_unique<net::Watch>(loop, STDOUT_FILENO, [this](unsigned what) { ready(what); });
  // The writing end of a pipe is readable when nobody reads.
  watch_->want(pipe_ ? net::Watch::kRead : net::Watch::kNothing);
}

void Output::write(std::string bytes, std::function<void(Result<void>)> done) {
  if (!watch_) return done(base::write_all(STDOUT_FILENO, bytes));
  bytes_ = std::move(bytes);
  written_ = 0;
  done_ = std::move(done);
  go_on();
}

void Output::cancel() {
  done_ = nullptr;
  if (watch_) watch_->want(net::Watch::kNothing);
}

void Output::ready(unsigned what) {
  if (done_) return go_on();
  if ((what & net::Watch::kRead) == 0) return;
  watch_->want(net::Watch::kNothing);
  if (closed_) closed_();
}

// The descriptor may be shared, so it stays as it is, blocking; what is called writable takes
// PIPE_BUF bytes.
void Output::go_on() {
  while (written_ < bytes_.size()) {
    if (!writable()) {
      watch_->want((pipe_ ? net::Watch::kRead : net::Watch::kNothing) | net::Watch::kWrite);
      return;
    }
    const size_t part = std::min<size_t>(bytes_.size() - written_, PIPE_BUF);
    const ssize_t n = ::write(STDOUT_FILENO, bytes_.data() + written_, part);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      return finish(base::sys_error(errno, "stdout"));
    }
    if (n > 0) written_ += static_cast<size_t>(n);
  }
  finish({});
}

void Output::finish(Result<void> result) {
  watch_->want(pipe_ && result ? net::Watch::kRead : net::Watch::kNothing);
  const auto done = std::move(done_);
  done_ = nullptr;
  done(std::move(result));
}

}  // namespace qwait
