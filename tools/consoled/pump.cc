#include "tools/consoled/pump.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace consoled {

namespace {
// After so little there is hardly more: not worth a call that says so, between key and echo.
constexpr ssize_t kShort = 1024;
}  // namespace

Pump::Pump(const Surroundings& around, base::Fd fd, Intake& intake, End end, Filter filter)
    : around_(around),
      fd_(std::move(fd)),
      intake_(intake),
      end_(std::move(end)),
      filter_(std::move(filter)),
      watch_(around.loop, fd_.get(), [this](unsigned what) { ready(what); }) {
  interest();
}

void Pump::interest() {
  unsigned want = net::Watch::kNothing;
  if (!held_ && !over_) want |= net::Watch::kRead;
  if (full_ && !over_ && !(held_ && broken_ != 0)) want |= net::Watch::kWrite;
  watch_.want(want);
}

void Pump::ready(unsigned what) {
  if ((what & net::Watch::kWrite) != 0) {
    if (broken_ != 0) return break_off();
    full_ = false;
    if (flush()) intake_.writable();
    interest();
  }
  if ((what & net::Watch::kRead) != 0) gather();
}

// No more can be written, ever: what there is to be read is, and then that is the end.
void Pump::break_off() {
  if (more()) return gather();
  over_ = true;
  interest();
  end_(broken_ == EPIPE ? base::error(base::Errc::closed, "closed by the other side")
                        : base::sys_error(broken_, "write"));
}

// Reads until there is no more or the bound is reached, then tells everybody at once. From a flood
// on, viewers and keys go first.
void Pump::gather() {
  size_t got = 0;
  bool end = false;
  int sys = 0;
  take(got, end, sys);
  const bool flood = around_.crowd->took(got, seen_, around_.loop.now());
  watch_.set_priority(flood ? net::Priority::bulk : net::Priority::urgent);
  if (got > 0) intake_.publish();
  if (end) over_ = true;
  interest();
  if (end) {
    end_(sys == 0 || sys == EIO ? base::error(base::Errc::closed, "closed by the other side")
                                : base::sys_error(sys, "read"));
  }
}

void Pump::take(size_t& got, bool& end, int& sys) {
  const size_t bound = around_.crowd->gather();
  while (got < bound) {
    const iovec room = intake_.room();
    if (room.iov_len == 0) {
      held_ = true;
      return;
    }
    char* const to = static_cast<char*>(room.iov_base);
    const ssize_t n = ::read(fd_.get(), to, std::min(room.iov_len, bound - got));
    if (n <= 0) {
      sys = n < 0 ? errno : 0;
      end = n == 0 || (sys != EAGAIN && sys != EINTR);
      return;
    }
    const size_t size = static_cast<size_t>(n);
    intake_.commit(filter_ ? filter_({to, size}) : size);
    got += size;
    if (n < kShort) return;
  }
}

size_t Pump::write(std::string_view keys) {
  return flush() ? write_some(keys) : 0;
}

void Pump::send(std::string_view bytes) {
  unsent_ += bytes;
  flush();
}

bool Pump::flush() {
  if (!unsent_.empty()) unsent_.erase(0, write_some(unsent_));
  return unsent_.empty();
}

size_t Pump::write_some(std::string_view bytes) {
  if (full_ || over_) return 0;
  const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
  const size_t took = n > 0 ? static_cast<size_t>(n) : 0;
  if (n < 0 && errno != EAGAIN && errno != EINTR) broken_ = errno;
  if (took < bytes.size()) {
    full_ = true;
    interest();
  }
  return took;
}

void Pump::resume() {
  held_ = false;
  interest();
}

bool Pump::more() const {
  pollfd p{fd_.get(), POLLIN, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0;
}

void Pump::look_again() {
  over_ = full_ = false;
  broken_ = 0;
  interest();
}

}  // namespace consoled
