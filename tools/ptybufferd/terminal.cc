#include "tools/ptybufferd/terminal.h"

#include <unistd.h>

#include <cerrno>

namespace ptybufferd {

namespace {
// So much at once makes it a flood: viewers and keys go first from then on.
constexpr size_t kFlood = 8192;
// After so little there is hardly more: not worth a call that says so, between key and echo.
constexpr ssize_t kShort = 1024;
constexpr size_t kKeysPerTurn = 64 * 1024;
constexpr int kDrainRounds = 64;
}  // namespace

void Channel::publish() const {
  history.committed();
  fanout.publish();
  logs.committed();
}

void Channel::say(std::string_view text) const {
  base::Ring& ring = fanout.ring();
  // What the log has not taken yet may not be overwritten.
  if (ring.head() - logs.floor() + text.size() > ring.size()) return;
  ring.append(text);
  publish();
}

Terminal::Terminal(net::Loop& loop, base::Fd fd, Channel channel, std::function<void()> hangup)
    : fd_(std::move(fd)),
      channel_(channel),
      hangup_(std::move(hangup)),
      source_{.floor = [this] { return channel_.logs.floor(); },
              .resume =
                  [this] {
                    held_ = false;
                    interest();
                  }},
      watch_(loop, fd_.get(), [this](unsigned what) { ready(what); }) {
  interest();
}

Terminal::~Terminal() {
  channel_.fanout.forget(source_);
}

void Terminal::interest() {
  unsigned want = net::Watch::kNothing;
  if (!held_ && !hung_up_) want |= net::Watch::kRead;
  if (full_ && !hung_up_) want |= net::Watch::kWrite;
  watch_.want(want);
}

void Terminal::ready(unsigned what) {
  if ((what & net::Watch::kWrite) != 0) {
    full_ = false;
    write_keys();
  }
  if ((what & net::Watch::kRead) == 0) return;
  if (gather() == Got::end) {
    hung_up_ = true;
    interest();
    hangup_();
  }
}

// Reads until there is no more or the bound is reached, then tells everybody at once.
Terminal::Got Terminal::gather() {
  base::Ring& ring = channel_.fanout.ring();
  const size_t room = channel_.fanout.room(source_);
  if (room == 0) {
    held_ = true;
    interest();
    return Got::nothing;
  }
  size_t got = 0;
  ssize_t n = 0;
  while (got < room) {
    const iovec space = ring.space(room - got);
    n = ::read(fd_.get(), space.iov_base, space.iov_len);
    if (n <= 0) break;
    ring.commit(static_cast<size_t>(n));
    got += static_cast<size_t>(n);
    if (n < kShort) break;
  }
  const bool end = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
  watch_.set_priority(got >= kFlood ? net::Priority::bulk : net::Priority::urgent);
  if (got > 0) channel_.publish();
  if (end) return Got::end;
  return got == 0 ? Got::all : Got::some;
}

void Terminal::drain() {
  for (int i = 0; i < kDrainRounds; i++) {
    const Got got = gather();
    if (got == Got::all || got == Got::end) return;
  }
}

void Terminal::resume() {
  hung_up_ = false;
  interest();
}

void Terminal::keys_waiting() {
  if (!full_ && !hung_up_) write_keys();
}

void Terminal::write_keys() {
  net::Keys& keys = channel_.keys;
  for (size_t sent = 0; !keys.empty() && !full_;) {
    const std::string_view bytes = keys.front();
    const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n > 0) keys.pop(static_cast<size_t>(n));
    sent += n > 0 ? static_cast<size_t>(n) : 0;
    full_ = n < static_cast<ssize_t>(bytes.size()) || sent >= kKeysPerTurn;
  }
  interest();
}

}  // namespace ptybufferd
