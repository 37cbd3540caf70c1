#include "tools/consoled/tape.h"

#include <algorithm>
#include <utility>

namespace consoled {

namespace {
// Of a thousand consoles each one's history stands in memory.
constexpr size_t kHistory = 8 * 1024;

std::string history_of(const Shared& shared, const std::string& name, const journal::Start& start) {
  const std::string path = shared.journals.path(name);
  if (path.empty()) return {};
  return journal::tail(path, start, std::min(kHistory, shared.config.ring_bytes));
}
}  // namespace

journal::Start Tape::find_start(const Shared& shared, const std::string& name) {
  const std::string path = shared.journals.path(name);
  if (!path.empty()) return journal::find_start(path);
  journal::Start start;
  start.epoch = shared.epoch;
  return start;
}

Tape::Tape(Shared& shared, const std::string& name, const journal::Start& start,
           std::function<void()> resume)
    : Tape(shared, name, start, history_of(shared, name, start), std::move(resume)) {}

Tape::Tape(Shared& shared, const std::string& name, const journal::Start& start,
           std::string_view history, std::function<void()> resume)
    : shared_(shared),
      name_(name),
      start_(start),
      whole_(start.before == history.size() ? start.offset - history.size() : start.offset),
      fanout_(shared.loop, shared.config.ring_bytes, start.offset - history.size()),
      source_{.floor = [this] { return append_ ? append_->floor() : ring().head(); },
              .resume = std::move(resume)} {
  fanout_.ring().append(history);
  if (shared_.publishers != nullptr) shared_.publishers->begins(name, start);
  append_ = shared_.journals.open(name, fanout_.ring(), start_.epoch);
}

Tape::~Tape() {
  fanout_.forget(source_);
  shared_.skipped_bytes += fanout_.bytes_skipped();
}

peer::Seen Tape::seen() const {
  const base::Ring& r = ring();
  return {.epoch = start_.epoch,
          .tail = r.tail(),
          .shown = r.tail() == whole_ ? r.tail() : r.line_start(r.tail()),
          .head = r.head(),
          .began = start_.offset};
}

iovec Tape::room() {
  if (room_ == 0) room_ = fanout_.room(source_);
  return fanout_.ring().space(room_);
}

void Tape::commit(size_t n) {
  fanout_.ring().commit(n);
  room_ -= n;
  shared_.output_bytes += n;
}

void Tape::publish() {
  room_ = 0;
  fanout_.publish();
  if (!append_) return;
  shared_.journals.dirty(*append_);
  touched();
}

void Tape::touched() const {
  if (shared_.publishers != nullptr) shared_.publishers->touched(name_);
}

void Tape::say(std::string_view text) {
  while (!text.empty()) {
    const iovec space = room();
    if (space.iov_len == 0) break;
    const size_t n = std::min(space.iov_len, text.size());
    text.copy(static_cast<char*>(space.iov_base), n);
    commit(n);
    text.remove_prefix(n);
  }
  publish();
}

void Tape::note(journal::Event event) {
  if (!append_) return;
  append_->note(std::move(event));
  shared_.journals.soon();
  touched();
}

uint64_t Tape::newly_lost() {
  if (!append_) return 0;
  const uint64_t lost = append_->status(shared_.loop.now()).lost;
  return lost - std::exchange(lost_, lost);
}

void Tape::reopen() {
  if (append_) append_->reopen();
}

}  // namespace consoled
