// Break sequences of a console: the numbered ones of the configuration, and those that are given.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/base/check.h"
#include "tools/consoled/console.h"

namespace consoled {

using base::cat;
using base::Errc;
using base::error;
using base::Result;

namespace {
constexpr size_t kMostPlays = 16;  // that may wait
}  // namespace

Result<void> Console::send_break(std::string_view sequence, std::string_view by) {
  return play_break(parse_steps(sequence, kBreakDelay), sequence, by);
}

Result<void> Console::send_break(int number, std::string_view by) {
  CHECK(number >= 1 && number <= 9);
  const BreakSequence& b = shared_.config.breaks[static_cast<size_t>(number - 1)];
  return play_break(parse_steps(b.sequence, b.delay), cat(number), by);
}

Result<void> Console::play_break(Steps steps, std::string_view what, std::string_view by) {
  if (status_.state != State::connected) {
    return error(Errc::closed, name(), ": is not connected");
  }
  const bool real = std::any_of(steps.begin(), steps.end(),
                                [](const Step& s) { return s.kind == Step::Kind::serial_break; });
  if (real && !driver_->has_break()) {
    return error(Errc::not_found, name(), ": this kind of line has no BREAK: a sequence without ",
                 "\\z can be sent");
  }
  if (typing_now().plays() >= kMostPlays) {
    return error(Errc::busy, name(), ": ", kMostPlays, " sequences wait for their turn already");
  }
  note(journal::Kind::send_break, cat(what, " by ", by));
  shared_.events.emit("break", {{"console", name()}, {"break", what}, {"who", by}});
  // What fails at once is the caller's answer, what fails later is told to those who look.
  const auto now = std::make_shared<std::optional<Result<void>>>(Result<void>{});
  typing_now().play(std::move(steps), [this, now](const Result<void>& done) {
    if (done) return;
    if (*now) {
      *now = in(name(), done.error());
    } else {
      tell_all(cat("\n[[break: ", done.error().what, "]]\n"));
    }
  });
  Result<void> answer = **now;
  now->reset();
  return answer;
}

void Console::break_by(Viewer& viewer, int number) {
  const Result<void> sent = send_break(number, viewer.visitor().text());
  if (!sent) viewer.tell(cat("\n[[break: ", sent.error().what, "]]\n"));
}

}  // namespace consoled
