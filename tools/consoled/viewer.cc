#include "tools/consoled/viewer.h"

#include "lib/base/clock.h"
#include "tools/consoled/console.h"

namespace consoled {

using base::cat;

namespace {
constexpr std::string_view kReadonly = "\n[[read-only: input dropped]]\n";
}  // namespace

Viewer::Viewer(Console& console, uint64_t number, Admission admission)
    : console_(console),
      number_(number),
      admission_(std::move(admission)),
      since_us_(base::wall_us()),
      sender_(std::make_shared<net::Keys::Sender>()) {
  sender_->hold = [this](bool on) { hold(on); };
}

void Viewer::join(net::Fanout& fanout, base::Fd fd) {
  stream_ = &fanout.add(
      std::move(fd), admission_.from, std::move(admission_.prefix),
      {.input = [this](std::string_view b) { input(b); }, .gone = [this] { console_.gone(*this); }},
      admission_.framing);
  const std::string first = std::move(admission_.first_input);
  if (!first.empty()) input(first);
}

void Viewer::input(std::string_view bytes) {
  if (admission_.decode) {
    admission_.decode(*this, bytes);
  } else {
    keys(bytes);
  }
}

void Viewer::keys(std::string_view bytes) {
  if (!may_write(admission_.visitor, admission_.readonly)) {
    if (!told_readonly_ && !bytes.empty()) tell(kReadonly);
    told_readonly_ = true;
    return;
  }
  input_bytes_ += bytes.size();
  switch (admission_.rule) {
    case Admission::Rule::raw:
      if (!bytes.empty()) type(std::string(bytes));
      break;
    case Admission::Rule::lines:
      by_lines(bytes);
      break;
    case Admission::Rule::escapes:
      by_escapes(bytes);
      break;
  }
}

void Viewer::by_lines(std::string_view bytes) {
  if (bytes.empty()) {
    const auto rest = lines_.take_rest();
    if (rest && !rest->text.empty()) type(std::string(rest->text));
    return;
  }
  while (const auto line = lines_.next(bytes)) {
    if (line->dropped == 0) {
      type(std::string(line->text));
    } else {
      tell(cat("\n[[", line->dropped, " bytes of input dropped: a line has at most ",
               wire::kMaxLine, " bytes unless attached raw]]\n"));
    }
  }
}

void Viewer::by_escapes(std::string_view bytes) {
  if (bytes.empty()) {
    if (const std::string_view rest = escape_.rest(); !rest.empty()) type(std::string(rest));
    return;
  }
  while (const auto found = escape_.next(bytes)) {
    if (!found->keys.empty()) type(std::string(found->keys));
    if (found->break_number > 0) console_.break_by(*this, found->break_number);
  }
}

void Viewer::type(std::string unit) {
  const base::Result<void> typed = console_.type(sender_, std::move(unit));
  if (!typed && !told_dropped_ && stream_ != nullptr) {
    tell(cat("\n[[input dropped: ", typed.error().what, "]]\n"));
  }
  told_dropped_ = !typed;
}

void Viewer::hold(bool on) {
  if (stream_ != nullptr) stream_->pause_input(on);
}

void Viewer::left() {
  stream_ = nullptr;
  sender_->hold = nullptr;
  // What it typed without an end was typed all the same.
  if (may_write(admission_.visitor, admission_.readonly)) keys({});
  if (admission_.gone) admission_.gone();
}

}  // namespace consoled
