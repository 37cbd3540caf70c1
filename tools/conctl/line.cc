#include "tools/conctl/line.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace conctl {

namespace {
// goconserver's: the end of a session.
constexpr std::string_view kDetach =
    "\x05"
    "c.";
}  // namespace

Line::Line(net::Loop& loop, Attached attached, Events events)
    : events_(std::move(events)),
      framed_(attached.framed),
      first_(std::move(attached.first)),
      link_(std::move(attached.link)),
      stream_(loop, std::move(attached.stream),
              {.data = [this](std::string_view b) { take(b); },
               .end = [this](const auto& e) { ended(e); },
               .low_water =
                   [this] {
                     if (events_.low_water) events_.low_water();
                   }}) {}

void Line::start() {
  if (!first_.empty()) take(std::exchange(first_, {}));
}

void Line::take(std::string_view bytes) {
  if (!framed_) return events_.data(bytes);
  for (;;) {
    const auto frame = reader_.next(bytes);
    if (!frame) {
      stream_.pause(true);
      return ended(frame.error());
    }
    if (!*frame) return;
    if (!(*frame)->empty()) events_.data(**frame);
  }
}

void Line::ended(const std::optional<base::Error>& error) {
  if (!std::exchange(ended_, true)) events_.end(error);
}

void Line::send(std::string_view keys) {
  if (!keys.empty()) stream_.send(framed_ ? net::frames_of(keys) : std::string(keys));
}

void Line::finish() {
  if (!framed_) stream_.finish();
}

// What the socket takes at once goes out before it is closed.
void Line::leave() {
  if (framed_ && !ended_) stream_.send(net::frames_of(kDetach));
}

bool Line::untaken() const {
  int queued = 0;
  return stream_.unsent() > 0 || (::ioctl(stream_.fd(), SIOCOUTQ, &queued) == 0 && queued > 0);
}

}  // namespace conctl
