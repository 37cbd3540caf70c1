#include "tools/conctl/line.h"

#include <utility>

namespace conctl {

namespace {
// goconserver's: the end of a session.
constexpr std::string_view kDetach =
    "\x05"
    "c.";
}  // namespace

Line::Line(net::Loop& loop, Attached attached, Events events)
    : events_(std::move(events)),
      port_(attached.port),
      first_(std::move(attached.joined.first)),
      frames_(attached.joined.framed, attached.joined.again),
      at_(attached.joined.at),
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
  if (port_) return take_port(bytes);
  while (const auto piece = frames_.next(bytes)) {
    at_.offset += piece->passed;
    if (!piece->bytes.empty()) events_.data(piece->bytes, piece->note);
  }
}

void Line::take_port(std::string_view bytes) {
  for (;;) {
    const auto frame = port_frames_.next(bytes);
    if (!frame) {
      stream_.pause(true);
      return ended(frame.error());
    }
    if (!*frame) return;
    if (!(*frame)->empty()) events_.data(**frame, false);
  }
}

void Line::ended(const std::optional<base::Error>& error) {
  if (!std::exchange(ended_, true)) events_.end(error);
}

void Line::send(std::string_view keys) {
  if (!keys.empty()) stream_.send(port_ ? net::frames_of(keys) : std::string(keys));
}

void Line::finish() {
  if (!port_) stream_.finish();
}

// What the socket takes at once goes out before it is closed.
void Line::leave() {
  if (port_ && !ended_) stream_.send(net::frames_of(kDetach));
}

}  // namespace conctl
