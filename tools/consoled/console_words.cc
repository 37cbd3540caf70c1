// What is said to a console and about it, and is not typed: to stay down, a word to those who look,
// a note in its journal.
#include "lib/base/log.h"
#include "tools/consoled/console.h"

namespace consoled {

using base::cat;
using base::Result;

void Console::take_down(std::string_view by) {
  if (is_down()) return;
  down_why_ = cat("taken down by ", by);
  if (status_.state != State::idle) happen(Happening::unwanted);
  status_.failed = false;
  status_.down_us = 0;
  status_.reason = down_why_;
  told_down_ = true;
  tell_all(cat("\n[[not connected: ", down_why_, "]]\n"));
  settle(base::error(base::Errc::closed, down_why_));
}

void Console::lift() {
  if (!is_down()) return;
  down_why_.clear();
  status_.reason.clear();
  told_down_ = !viewers_.empty();
  update();
}

void Console::tell_all(std::string_view text) {
  for (auto& [number, viewer] : viewers_) viewer.tell(text);
}

void Console::note(journal::Kind kind, std::string text) {
  if (tape_) tape_->note({kind, std::move(text), {}});
}

void Console::message(std::string_view text, std::string_view by) {
  tell_all(cat("\n[[", by, ": ", base::log::printable(text), "]]\n"));
}

Result<void> Console::remark(std::string_view text, std::string_view by) {
  if (tape_now().journal() == nullptr)
    return base::error(base::Errc::closed, name(), ": has no journal");
  note(journal::Kind::note, cat(by, ": ", text));
  return {};
}

}  // namespace consoled
