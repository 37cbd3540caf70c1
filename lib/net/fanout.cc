#include "lib/net/fanout.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/cat.h"

namespace net {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {
constexpr size_t kGather = 64 * 1024;  // measured: less costs processor time, more costs losses
constexpr size_t kOneRead = 4096;      // a pty gives no more at once
constexpr size_t kPushPerTurn = 256 * 1024;
constexpr size_t kMaxNotes = 8 * 1024;
constexpr size_t kFramesAtOnce = 64;
constexpr auto kHold = milliseconds(50);
constexpr int kRefillDivisor = 20;  // 5 % of the time
constexpr auto kHoldCheck = milliseconds(1);
constexpr auto kLastKeys = milliseconds(2000);
constexpr auto kHangupCheck = milliseconds(1000);

bool is_unix(int fd) {
  sockaddr_storage a{};
  socklen_t size = sizeof a;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size) == 0 && a.ss_family == AF_UNIX;
}

// Whether the peer will send no more. Over TCP nobody can tell an end of that from one of all.
bool is_over(int fd) {
  pollfd p{fd, POLLRDHUP, 0};
  const short over = is_unix(fd) ? POLLHUP | POLLERR : POLLRDHUP | POLLHUP | POLLERR;
  return ::poll(&p, 1, 0) > 0 && (p.revents & over) != 0;
}
}  // namespace

std::string loss_marker(uint64_t bytes) {
  return base::cat("\n[[", bytes, " bytes skipped]]\n");
}

void HoldBudget::refill(base::Time now) {
  left = std::min<base::Duration>(kHold, left + (now - at) / kRefillDivisor);
  at = now;
}

// ---- Viewer

Viewer::Viewer(Fanout& fanout, Loop& loop, base::Fd fd, uint64_t from, std::string prefix,
               Events events, const Framing* framing)
    : fanout_(fanout),
      fd_(std::move(fd)),
      cursor_(from),
      prefix_(std::move(prefix)),
      framing_(framing),
      budget_{kHold, loop.now()},
      events_(std::move(events)),
      watch_(loop, fd_.get(), [this](unsigned what) { ready(what); }) {
  base::set_nonblocking(fd_.get(), true);
}

bool Viewer::pending() const {
  if (output_over_) return false;
  return prefix_sent_ < prefix_.size() || cursor_ != fanout_.ring_.head();
}

void Viewer::interest() {
  unsigned want = Watch::kNothing;
  if (!gone_ && (!input_paused_ || ended()) && !input_over_) want |= Watch::kRead;
  if (!gone_ && blocked_ && pending()) want |= Watch::kWrite;
  watch_.want(want);
}

void Viewer::ready(unsigned what) {
  if ((what & Watch::kWrite) != 0) {
    blocked_ = false;
    push();
    fanout_.progressed();
  }
  if ((what & Watch::kRead) != 0 && !gone_) read_input();
}

void Viewer::read_input() {
  std::array<char, kOneRead> buf;  // NOLINT: not cleared for each key
  const ssize_t n = ::recv(fd_.get(), buf.data(), buf.size(), MSG_DONTWAIT);
  if (n > 0 && ended()) return;
  if (n > 0) {
    events_.input(std::string_view(buf.data(), static_cast<size_t>(n)));
  } else if (n == 0) {
    input_ended();
  } else if (errno != EAGAIN && errno != EINTR) {
    drop();
  }
}

// A peer that closed is gone; one that shut down its sending side still watches, as `socat` does
// at the end of its stdin. Nothing tells when it goes too, so the Fanout looks now and then.
void Viewer::input_ended() {
  input_over_ = true;
  if (ended() || base::hung_up(fd_.get())) {
    drop();
    return;
  }
  events_.input({});
  interest();
  if (!fanout_.hangup_timer_.pending()) fanout_.hangup_timer_.after(kHangupCheck);
}

void Viewer::note(std::string_view text) {
  insert(framed(text));
}

void Viewer::insert(std::string_view frame) {
  if (gone_ || prefix_.size() - prefix_sent_ > kMaxNotes) return;
  prefix_ += frame;
  if (!blocked_) push();
}

std::string Viewer::framed(std::string_view text) const {
  if (framing_ == nullptr) return std::string(text);
  std::string out;
  const auto write_header = framing_->note_header ? framing_->note_header : framing_->header;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, framing_->max_payload);
    std::array<char, Framing::kMaxHeader> header;  // NOLINT: filled as far as it is used
    out.append(header.data(), write_header(piece.size(), header.data()));
    out += piece;
    text.remove_prefix(piece.size());
  }
  return out;
}

// The ring is about to pass a frame that was begun: what it still needs is kept aside.
void Viewer::rescue() {
  std::string rest = std::move(header_rest_);
  header_rest_.clear();
  const size_t at = rest.size();
  rest.resize(at + announced_);
  fanout_.ring_.copy(cursor_, announced_, rest.data() + at);
  cursor_ += announced_;
  announced_ = 0;
  prefix_ = rest + prefix_;  // of which nothing was sent, behind an unfinished frame
}

void Viewer::pause_input(bool on) {
  if (on && !input_paused_) held_since_ = fanout_.loop_.now();
  input_paused_ = on;
  interest();
  if (on && !fanout_.hangup_timer_.pending()) fanout_.hangup_timer_.after(kHangupCheck);
}

void Viewer::drop() {
  if (gone_) return;
  gone_ = true;
  interest();
  fanout_.remove_later(*this);
}

// Overtaken: on from a line start a quarter of the ring above its tail; at the tail itself it would
// be overtaken again at once.
void Viewer::skip() {
  const base::Ring& ring = fanout_.ring_;
  const uint64_t to = ring.line_start(ring.tail() + ring.size() / 4);
  prefix_.erase(0, prefix_sent_);
  prefix_sent_ = 0;
  prefix_ += framed(loss_marker(to - cursor_));
  skipped_ += to - cursor_;
  fanout_.skipped_ += to - cursor_;
  cursor_ = to;
}

void Viewer::push() {
  size_t sent = 0;
  while (!gone_ && pending() && sent < kPushPerTurn && send_some(sent)) {
  }
  // The turn's bound was reached: come back as soon as the loop has looked at the others.
  if (!gone_ && pending()) blocked_ = true;
  check_end();
  interest();
}

// Who writes and closes at once, as `echo x | socat -u - unix:...` does, is not to lose what it
// wrote: its end is seen where its keys are read.
void Viewer::output_ended() {
  output_over_ = true;
  if (input_over_) drop();
}

namespace {
// What one sendmsg is to send, and where each header stands.
struct Message {
  std::array<iovec, 3 * kFramesAtOnce> piece;  // NOLINT: the count says what is set
  size_t count = 0;
  size_t bytes = 0;

  void add(void* at, size_t n) {
    if (n == 0) return;
    piece[count++] = {at, n};
    bytes += n;
  }
  void add(const base::Ring::Slices& s) {
    for (int i = 0; i < s.count; i++) {
      const iovec& v = s.piece[static_cast<size_t>(i)];
      add(v.iov_base, v.iov_len);
    }
  }
};
}  // namespace

// One sendmsg of prefix and ring bytes; false: the peer takes no more now.
bool Viewer::send_some(size_t& sent) {
  const base::Ring& ring = fanout_.ring_;
  if (cursor_ < ring.tail()) skip();
  Message m;
  std::array<std::array<char, Framing::kMaxHeader>, kFramesAtOnce> headers;  // NOLINT
  m.add(header_rest_.data(), header_rest_.size());
  m.add(ring.slices(cursor_, announced_));
  m.add(prefix_.data() + prefix_sent_, prefix_.size() - prefix_sent_);
  uint64_t at = cursor_ + announced_;
  const size_t most = framing_ == nullptr ? kPushPerTurn : framing_->max_payload;
  for (size_t i = 0; at < ring.head() && i < kFramesAtOnce - 2 && m.bytes < kPushPerTurn; i++) {
    const size_t n = std::min<uint64_t>(ring.head() - at, most);
    if (framing_ != nullptr) m.add(headers[i].data(), framing_->header(n, headers[i].data()));
    m.add(ring.slices(at, n));
    at += n;
  }
  msghdr message{};
  message.msg_iov = m.piece.data();
  message.msg_iovlen = m.count;
  const ssize_t w = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (w < 0) {
    if (errno != EAGAIN && errno != EINTR) output_ended();
    return false;
  }
  const auto done = static_cast<size_t>(w);
  sent_some(done);
  sent += done;
  return done == m.bytes;  // a short write: the socket is full
}

// So many bytes of what send_some() put together went out.
void Viewer::sent_some(size_t n) {
  const auto take = [&n](size_t most) {
    const size_t took = std::min(n, most);
    n -= took;
    return took;
  };
  header_rest_.erase(0, take(header_rest_.size()));
  const size_t begun = take(announced_);
  announced_ -= begun;
  cursor_ += begun;
  prefix_sent_ += take(prefix_.size() - prefix_sent_);
  if (prefix_sent_ == prefix_.size() && !prefix_.empty()) {
    prefix_ = std::string();
    prefix_sent_ = 0;
  }
  if (framing_ == nullptr) {
    cursor_ += n;
    return;
  }
  while (n > 0) {
    const size_t payload =
        std::min<uint64_t>(fanout_.ring_.head() - cursor_, framing_->max_payload);
    std::array<char, Framing::kMaxHeader> header;  // NOLINT: filled as far as it is used
    const size_t length = framing_->header(payload, header.data());
    const size_t cut = take(length);
    header_rest_.assign(header.data() + cut, length - cut);
    const size_t went = take(payload);
    cursor_ += went;
    announced_ = payload - went;
  }
}

// Over TCP, closing while keys are unread, or on their way, resets the connection, and takes output
// away that the peer has not read yet: so its end is waited for, for a moment.
void Viewer::check_end() {
  if (!fanout_.finished_ || gone_ || ended() || pending()) return;
  ::shutdown(fd_.get(), SHUT_WR);
  ended_at_ = fanout_.loop_.now();
  if (input_over_ || is_unix(fd_.get())) {
    drop();
  } else {
    fanout_.hangup_timer_.after(kHangupCheck);
  }
}

// ---- Fanout

Fanout::Fanout(Loop& loop, size_t ring_bytes, uint64_t start)
    : loop_(loop),
      ring_(ring_bytes, start),
      gather_(std::min(kGather, ring_bytes / 4)),
      hold_timer_(loop, [this] { progressed(); }),
      hangup_timer_(loop, [this] { look_for_hangups(); }),
      reap_timer_(loop, [this] { reap(); }) {}

Viewer& Fanout::add(base::Fd fd, uint64_t from, std::string prefix, Viewer::Events events,
                    const Framing* framing) {
  Viewer& v = viewers_.emplace_back(*this, loop_, std::move(fd), std::max(from, ring_.tail()),
                                    std::move(prefix), std::move(events), framing);
  v.push();
  return v;
}

void Fanout::publish() {
  for (Viewer& v : viewers_) {
    if (!v.blocked_ && !v.gone_) v.push();
  }
}

void Fanout::finish() {
  finished_ = true;
  for (Viewer& v : viewers_) {
    if (!v.blocked_) v.push();
  }
}

// The time since the last look is the culprit's to pay.
void Fanout::charge(base::Time now) {
  if (held_ != nullptr && culprit_ != nullptr) culprit_->budget_.left -= now - charged_at_;
  charged_at_ = now;
  culprit_ = nullptr;
}

size_t Fanout::room(const Source& source) {
  const uint64_t head = ring_.head();
  const uint64_t floor = source.floor();
  const uint64_t near = ring_.size() - gather_ - std::min(kOneRead, gather_);
  // Who is near the head needs no care; who was passed already, neither.
  uint64_t low = floor < ring_.tail() || head - floor <= near ? head : floor;
  base::Time now{};
  if (held_ != nullptr) charge(now = base::Clock::now());
  for (Viewer& v : viewers_) {
    if (v.gone_ || v.output_over_ || head - v.cursor_ <= near || v.cursor_ < ring_.tail() ||
        v.cursor_ >= low) {
      continue;
    }
    if (now == base::Time{}) now = base::Clock::now();
    v.budget_.refill(now);
    if (v.budget_.left <= base::Duration::zero()) continue;
    low = v.cursor_;
    culprit_ = &v;
  }
  const size_t room = std::min<uint64_t>(gather_, ring_.size() - (head - low));
  rescue(head + room);
  if (room >= std::min(kOneRead, gather_)) {
    held_ = nullptr;
    return room;
  }
  if (held_ == nullptr) charged_at_ = now == base::Time{} ? base::Clock::now() : now;
  hold(source);
  return 0;
}

// The ring may be written up to `end`: frames that were begun must not be spoiled.
void Fanout::rescue(uint64_t end) {
  for (Viewer& v : viewers_) {
    if (v.announced_ > 0 && v.cursor_ + ring_.size() < end) v.rescue();
  }
}

void Fanout::hold(const Source& source) {
  held_ = &source;
  if (!hold_timer_.pending()) hold_timer_.after(kHoldCheck);
}

void Fanout::forget(const Source& source) {
  if (held_ != &source) return;
  held_ = nullptr;
  hold_timer_.cancel();
}

void Fanout::progressed() {
  const Source* source = held_;
  if (source != nullptr && room(*source) > 0) {
    hold_timer_.cancel();
    source->resume();
  }
}

void Fanout::remove_later(Viewer& v) {
  if (culprit_ == &v) culprit_ = nullptr;
  if (!reap_timer_.pending()) reap_timer_.after({});
}

void Fanout::reap() {
  for (auto it = viewers_.begin(); it != viewers_.end();) {
    if (!it->gone_) {
      ++it;
      continue;
    }
    const auto gone = std::move(it->events_.gone);
    it = viewers_.erase(it);
    gone();
  }
  progressed();
}

void Fanout::look_for_hangups() {
  bool watching = false;
  for (Viewer& v : viewers_) {
    const bool quiet = v.input_over_ || v.ended();
    if (v.gone_ || (!quiet && !v.input_paused_)) continue;
    const bool left = !quiet && loop_.now() - v.held_since_ >= left_after_ && is_over(v.fd_.get());
    const bool over = v.ended() && loop_.now() - v.ended_at_ >= kLastKeys;
    if (left || over || (quiet && base::hung_up(v.fd_.get()))) {
      v.drop();
    } else {
      watching = true;
    }
  }
  if (watching) hangup_timer_.after(kHangupCheck);
}

}  // namespace net
