// Fanout: what one source says, to any number of viewers. One ring, a cursor per viewer, no copy:
// each viewer's socket is written from the ring itself.
//
// A viewer that reads loses nothing; one that falls behind may hold the source back for 50 ms at
// most, a budget that refills at 5 % of the time; then the ring passes it, and it gets the marker
// LF [[N bytes skipped]] LF and goes on at a line start. So a stalled viewer costs nobody anything.
//
//   n = fanout.room(source); read at most n bytes into fanout.ring(); fanout.publish();
//   n == 0: stop reading until source.resume is called.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/ring.h"
#include "lib/net/loop.h"

namespace net {

class Fanout;

// How long a viewer may still hold its source back.
struct HoldBudget {
  base::Duration left;
  base::Time at;
  void refill(base::Time now);
};

// How bytes are wrapped for a viewer that does not take them raw: in pieces, each behind a header.
// An announced piece is always finished, also when the ring passes it in the middle.
struct Framing {
  static constexpr size_t kMaxHeader = 14;

  size_t max_payload;  // at most 64 KiB
  // Writes the header of a piece of n bytes; its length.
  size_t (*header)(size_t n, char* out);
  // The same for what is no part of the stream: notes and the loss marker. Null: no difference.
  size_t (*note_header)(size_t n, char* out) = nullptr;
};

// One viewer: a descriptor and its place in the stream. Owned by its Fanout, which deletes it
// after on_gone.
class Viewer {
 public:
  struct Events {
    std::function<void(std::string_view)> input;  // keys
    std::function<void()> gone;                   // called once, last
  };

  // Use Fanout::add.
  Viewer(Fanout& fanout, Loop& loop, base::Fd fd, uint64_t from, std::string prefix, Events events,
         const Framing* framing);

  uint64_t cursor() const { return cursor_; }
  uint64_t skipped() const { return skipped_; }
  // Its peer takes no more at the moment.
  bool blocked() const { return blocked_; }

  // Shows a text to this viewer alone, at its place in the stream. Dropped where more than a few
  // KiB of such texts wait already.
  void note(std::string_view text);
  // The same for bytes that are framed already, or are not the console's (a websocket's pong).
  void insert(std::string_view frame);
  // Stops reading keys: the peer is held back by its own socket.
  void pause_input(bool on);
  // Ends it without sending what is left.
  void drop();

 private:
  friend class Fanout;
  void ready(unsigned what);
  void read_input();
  void input_ended();
  void output_ended();
  void push();
  bool send_some(size_t& sent);
  void sent_some(size_t n);
  std::string framed(std::string_view text) const;
  void rescue();
  void skip();
  bool pending() const;
  void check_end();
  bool ended() const { return ended_at_ != base::Time{}; }
  void interest();

  Fanout& fanout_;
  base::Fd fd_;
  uint64_t cursor_;
  uint64_t skipped_ = 0;
  std::string prefix_;  // goes before the ring's bytes: about block, marker, notes; mostly empty
  size_t prefix_sent_ = 0;
  const Framing* framing_;   // null: raw
  std::string header_rest_;  // of a frame's header that was cut; goes first
  size_t announced_ = 0;     // bytes from the ring that a begun frame still needs; go next
  HoldBudget budget_;
  Events events_;
  bool blocked_ = false;
  bool input_paused_ = false;
  bool input_over_ = false;   // half-closed: it only watches
  bool output_over_ = false;  // it reads no more; what it typed before still counts
  bool gone_ = false;
  base::Time ended_at_{};    // all was sent; only its keys are still thrown away
  base::Time held_since_{};  // input_paused_
  Watch watch_;
};

// What Fanout asks of whoever fills the ring.
struct Source {
  // An offset that the ring must not pass (the journal's cursor); the head where there is none.
  std::function<uint64_t()> floor;
  // There is room again.
  std::function<void()> resume;
};

class Fanout {
 public:
  // `ring_bytes`: the history; `start`: the offset of its first byte.
  Fanout(Loop& loop, size_t ring_bytes, uint64_t start = 0);
  // Who has gone while his input is paused may have left keys that still count; after so long
  // without a break (90 s) they do not, and he is gone.
  void drop_left_after(base::Duration time) { left_after_ = time; }
  Fanout(const Fanout&) = delete;
  Fanout& operator=(const Fanout&) = delete;

  base::Ring& ring() { return ring_; }
  const base::Ring& ring() const { return ring_; }

  // How many bytes may be read at once now. After a 0 the source is kept until it is resumed or
  // taken back by forget().
  size_t room(const Source& source);
  void forget(const Source& source);
  // Bytes were committed to the ring: to everybody.
  void publish();

  // A new viewer from absolute offset `from` (within the ring), after `prefix`, which is framed
  // already where there is a framing; that lives as long as the program.
  Viewer& add(base::Fd fd, uint64_t from, std::string prefix, Viewer::Events events,
              const Framing* framing = nullptr);
  // The source is over: each viewer gets what is left, then the end.
  void finish();

  size_t viewers() const { return viewers_.size(); }
  uint64_t bytes_skipped() const { return skipped_; }

 private:
  friend class Viewer;
  void charge(base::Time now);
  void rescue(uint64_t end);
  void hold(const Source& source);
  void progressed();
  void remove_later(Viewer& v);
  void reap();
  void look_for_hangups();

  Loop& loop_;
  base::Ring ring_;
  size_t gather_;
  std::list<Viewer> viewers_;
  uint64_t skipped_ = 0;
  bool finished_ = false;
  const Source* held_ = nullptr;  // waits for room
  Viewer* culprit_ = nullptr;     // who holds the source back
  base::Time charged_at_{};
  Timer hold_timer_;
  Timer hangup_timer_;
  base::Duration left_after_ = std::chrono::seconds(90);
  Timer reap_timer_;
};

// LF [[N bytes skipped]] LF: the loss marker, the same everywhere.
std::string loss_marker(uint64_t bytes);

}  // namespace net
