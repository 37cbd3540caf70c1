#include "lib/net/stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "lib/base/check.h"

namespace net {

namespace {

constexpr size_t kReadAtOnce = 64 * 1024;

void free_plain(bufferevent* b) {
  const base::Fd closing(bufferevent_getfd(b));
  bufferevent_free(b);
}

void shut_plain(bufferevent* b) {
  ::shutdown(bufferevent_getfd(b), SHUT_WR);
}

void last_words_plain(bufferevent* b) {
  evbuffer* output = bufferevent_get_output(b);
  evbuffer_unfreeze(output, 1);  // bufferevent lets nobody else take from the front
  evbuffer_write(output, bufferevent_getfd(b));
}

base::Error reason_plain(bufferevent* /*b*/) {
  return base::sys_error(EVUTIL_SOCKET_ERROR(), "connection");
}

constexpr Transport kPlain{free_plain, shut_plain, last_words_plain, reason_plain};

}  // namespace

Stream::Stream(Loop& loop, base::Fd fd, Events events)
    : Stream(bufferevent_socket_new(loop.base(), fd.release(), 0), kPlain, std::move(events)) {}

Stream::Stream(bufferevent* owned, const Transport& transport, Events events)
    : b_(owned, FreeBy{&transport}), events_(std::move(events)) {
  CHECK(b_ != nullptr);
  bufferevent_setcb(b_.get(), on_read, on_write, on_event, this);
  bufferevent_setwatermark(b_.get(), EV_READ, 0, kReadAtOnce);
  bufferevent_setwatermark(b_.get(), EV_WRITE, kLowWater, 0);
  // The default is the middle priority, where a flood could starve it.
  bufferevent_priority_set(b_.get(), static_cast<int>(Priority::urgent));
  bufferevent_enable(b_.get(), EV_READ | EV_WRITE);
}

// A process that stops right after its last word shall have said it: what the socket takes without
// waiting goes out.
Stream::~Stream() {
  if (!ended_ && unsent() > 0) b_.get_deleter().transport->last_words(b_.get());
}

void Stream::send(std::string_view bytes) {
  if (!ended_) bufferevent_write(b_.get(), bytes.data(), bytes.size());
}

size_t Stream::unsent() const {
  return b_ == nullptr ? 0 : evbuffer_get_length(bufferevent_get_output(b_.get()));
}

size_t Stream::untaken() const {
  int queued = 0;
  if (b_ == nullptr || ::ioctl(fd(), SIOCOUTQ, &queued) != 0 || queued < 0) queued = 0;
  return unsent() + static_cast<size_t>(queued);
}

std::string Stream::peer() const {
  const Transport* t = b_.get_deleter().transport;
  return b_ != nullptr && t->peer != nullptr ? t->peer(b_.get()) : "";
}

void Stream::pause(bool on) {
  if (on || input_over_) {  // else the end would be read, and told, again
    bufferevent_disable(b_.get(), EV_READ);
  } else {
    bufferevent_enable(b_.get(), EV_READ);
  }
}

void Stream::finish() {
  if (finishing_) return;
  finishing_ = true;
  // Below low water the write callback comes at every emptying, and shuts.
  bufferevent_setwatermark(b_.get(), EV_WRITE, 0, 0);
  if (unsent() == 0) shut();
}

void Stream::shut() {
  b_.get_deleter().transport->shut(b_.get());
}

int Stream::fd() const {
  return bufferevent_getfd(b_.get());
}

Stream::Released Stream::release() {
  Released out;
  evbuffer* output = bufferevent_get_output(b_.get());
  evbuffer_unfreeze(output, 1);
  out.unsent.resize(evbuffer_get_length(output));
  evbuffer_remove(output, out.unsent.data(), out.unsent.size());
  bufferevent_disable(b_.get(), EV_READ | EV_WRITE);
  bufferevent_setcb(b_.get(), nullptr, nullptr, nullptr, nullptr);
  out.fd = base::Fd(bufferevent_getfd(b_.get()));
  bufferevent_setfd(b_.get(), -1);
  ended_ = true;
  return out;
}

void Stream::ended(std::optional<base::Error> error) {
  if (ended_) return;
  ended_ = error.has_value();
  if (events_.end) events_.end(std::move(error));
}

void Stream::on_read(bufferevent* b, void* self) noexcept {
  auto* s = static_cast<Stream*>(self);
  evbuffer* input = bufferevent_get_input(b);
  const size_t n = evbuffer_get_length(input);
  // Taken out before the callback, which may release() the descriptor.
  std::string bytes(n, '\0');
  evbuffer_remove(input, bytes.data(), n);
  s->events_.data(bytes);
}

void Stream::on_write(bufferevent* /*b*/, void* self) noexcept {
  auto* s = static_cast<Stream*>(self);
  if (s->finishing_ && s->unsent() == 0) s->shut();
  if (s->events_.low_water) s->events_.low_water();
}

void Stream::on_event(bufferevent* /*b*/, short what, void* self) noexcept {
  auto* s = static_cast<Stream*>(self);
  if ((what & BEV_EVENT_EOF) != 0) {
    s->input_over_ = true;
    s->ended({});
  } else if ((what & BEV_EVENT_ERROR) != 0) {
    s->ended(s->b_.get_deleter().transport->reason(s->b_.get()));
  } else if ((what & BEV_EVENT_CONNECTED) != 0 && s->events_.ready) {
    s->events_.ready();
  }
}

}  // namespace net
