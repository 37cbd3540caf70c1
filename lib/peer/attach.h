// attach: the command of control sockets that turns a connection into a viewer's raw stream
// (DESIGN, part 4): what it asks for, and where its stream begins. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/result.h"
#include "lib/wire/object.h"

namespace peer {

constexpr int64_t kMaxSide = 9999;                // rows or columns of a window
constexpr int64_t kMaxOffset = int64_t{1} << 53;  // what every JSON reader keeps exactly

struct Window {
  uint16_t rows = 0, columns = 0;
};

struct Attach {
  enum class From { history, all, now, place };

  bool raw = false;       // keys pass as they come
  bool readonly = false;  // there are none
  bool frames = false;    // notes are told from the stream (lib/net/note_frames.h)
  std::optional<Window> window;
  From from = From::history;  // "line", or nothing was said
  int64_t epoch = 0;          // for place
  uint64_t offset = 0;
  std::optional<int64_t> run;  // the start of the daemon that it was counted in
};

// Takes the arguments of the command, all but "cmd" and what the caller took already.
base::Result<Attach> take_attach(wire::Object& arguments);

// What there is to be seen: absolute offsets of one epoch.
struct Seen {
  int64_t epoch = 0;
  uint64_t tail = 0;   // the oldest byte there is
  uint64_t shown = 0;  // the first that a new viewer is shown: a line start
  uint64_t head = 0;   // the next that will come

  // A daemon that was killed may have shown bytes whose numbers it could not keep. The start that
  // this is, 0: numbers are never given twice; its first byte; and whether the source says again
  // what was not kept.
  int64_t run = 0;
  uint64_t began = 0;
  bool replays = false;
};

struct Start {
  uint64_t offset = 0;
  uint64_t skipped = 0;  // bytes that were asked for and are not shown
  uint64_t again = 0;    // so many bytes from `offset` on who asks has seen
};
Start start_of(const Attach& attach, const Seen& seen);

// The answer to who attached: viewer, epoch, offset, head, skipped; run and
// again where there are any.
wire::Json attach_answer(uint64_t viewer, const Seen& seen, const Start& start);

// rows and cols, both or none; for "resize", too.
std::optional<Window> take_window(wire::Object& arguments);

}  // namespace peer
