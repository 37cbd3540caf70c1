#include "tools/consoled/line_driver.h"

namespace consoled {

LineDriver::LineDriver(const Surroundings& around, Intake& intake)
    : around_(around), intake_(intake), tell_(around.loop, [this] { intake_.closed(*why_); }) {}

void LineDriver::resume() {
  if (pump_) pump_->resume();
}

base::Result<void> LineDriver::send_break() {
  return base::error(base::Errc::not_found, "this kind of line has no BREAK");
}

void LineDriver::run(base::Fd fd, std::optional<SourcePosition> source, Pump::Filter filter) {
  pump_.emplace(
      around_, std::move(fd), intake_, [this](base::Error why) { ended(std::move(why)); },
      std::move(filter));
  intake_.opened(source);
}

void LineDriver::close(base::Error why) {
  if (why_) return;
  why_ = std::move(why);
  tell_.at(around_.loop.now());
}

}  // namespace consoled
