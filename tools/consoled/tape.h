// Tape: what one console said: the ring with its viewers' cursors, and the journal behind it. Made
// with the first byte or the first viewer, since most consoles have neither.
//
// Its offsets are the journal's and go on after a restart; then it begins with the end of the
// journal, so that viewers have a history.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/net/fanout.h"
#include "lib/peer/attach.h"
#include "tools/consoled/shared.h"

namespace consoled {

class Tape {
 public:
  // Where the stream goes on, as journal::find_start says.
  static journal::Start find_start(const Shared& shared, const std::string& name);

  // `resume`: there is room again after an empty room().
  Tape(Shared& shared, const std::string& name, const journal::Start& start,
       std::function<void()> resume);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  net::Fanout& fanout() { return fanout_; }
  const base::Ring& ring() const { return fanout_.ring(); }
  int64_t epoch() const { return start_.epoch; }
  // For who attaches.
  peer::Seen seen() const;

  // As Intake's.
  iovec room();
  void commit(size_t n);
  void publish();
  // The daemon's own words, in the stream and the journal, as if the console had said them. Dropped
  // where there is no room: the journal comes first.
  void say(std::string_view text);
  // Something happened here, for the journal's index.
  void note(journal::Event event);

  const journal::Append* journal() const { return append_.get(); }
  // What the disk did not take since this was asked last.
  uint64_t newly_lost();
  // Bytes that viewers missed, those that are gone included.
  uint64_t skipped() const { return fanout_.bytes_skipped(); }
  void reopen();

 private:
  Tape(Shared& shared, const std::string& name, const journal::Start& start,
       std::string_view history, std::function<void()> resume);

  void touched() const;

  Shared& shared_;
  std::string name_;
  journal::Start start_;
  uint64_t whole_;  // a line begins here, whatever stands before it
  net::Fanout fanout_;
  std::unique_ptr<journal::Append> append_;
  net::Source source_;
  uint64_t lost_ = 0;  // told by newly_lost()
  size_t room_ = 0;    // of what the fanout granted
};

}  // namespace consoled
