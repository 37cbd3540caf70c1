#include "lib/peer/attach.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace peer {

using base::Errc;
using base::error;
using base::Result;
using wire::Json;
using wire::Object;

namespace {

Result<void> take_place(const Json& from, Attach& a) {
  Object place(from, "from");
  a.from = Attach::From::place;
  a.epoch = place.need_int("epoch", 0, kMaxOffset);
  a.offset = static_cast<uint64_t>(place.need_int("offset", 0, kMaxOffset));
  a.run = place.opt_int("run", 0, kMaxOffset);
  return place.end();
}

// "all" | "line" | "now" | {"epoch":E,"offset":N}
Result<void> take_from(const Json& from, Attach& a) {
  if (from.is_object()) return take_place(from, a);
  if (from == "all") {
    a.from = Attach::From::all;
  } else if (from == "now") {
    a.from = Attach::From::now;
  } else if (from != "line") {
    return error(
        Errc::bad_input,
        R"(attach: "from": expected "all", "line", "now" or {"epoch":E,"offset":N,"run":R})");
  }
  return {};
}

// It was counted in another start, which may have got further than what was kept.
bool of_another_run(const Attach& a, const Seen& seen) {
  return a.run && seen.run != 0 && *a.run != seen.run;
}

// The offset where the stream shall begin, which may lie before what there still is.
uint64_t wanted(const Attach& a, const Seen& seen) {
  switch (a.from) {
    case Attach::From::all:
      return seen.tail;
    case Attach::From::now:
      return seen.head;
    case Attach::From::place:
      // Another start's numbers mean nothing here.
      if (a.epoch != seen.epoch) break;
      return std::min(a.offset, of_another_run(a, seen) && !seen.replays ? seen.began : seen.head);
    case Attach::From::history:
      break;
  }
  return seen.shown;
}

}  // namespace

std::optional<Window> take_window(Object& arguments) {
  const auto rows = arguments.opt_int("rows", 1, kMaxSide);
  const auto columns = arguments.opt_int("cols", 1, kMaxSide);
  if (!rows || !columns) return {};
  return Window{static_cast<uint16_t>(*rows), static_cast<uint16_t>(*columns)};
}

Result<Attach> take_attach(Object& arguments) {
  Attach a;
  a.raw = arguments.opt_bool("raw").value_or(false);
  a.readonly = arguments.opt_bool("readonly").value_or(false);
  a.frames = arguments.opt_bool("frames").value_or(false);
  a.window = take_window(arguments);
  const Json* from = arguments.opt_any("from");
  if (auto done = arguments.end(); !done) return done.error();
  if (from == nullptr || from->is_null()) return a;
  if (auto done = take_from(*from, a); !done) return done.error();
  return a;
}

Start start_of(const Attach& a, const Seen& seen) {
  const uint64_t asked = wanted(a, seen);
  Start start;
  start.offset = std::max(asked, seen.tail);
  const bool resumes = a.from == Attach::From::place && a.epoch == seen.epoch;
  if (a.from != Attach::From::now) start.skipped = start.offset - (resumes ? asked : 0);
  if (resumes && seen.replays && of_another_run(a, seen) && a.offset > start.offset) {
    start.again = a.offset - start.offset;
  }
  return start;
}

Json attach_answer(uint64_t viewer, const Seen& seen, const Start& start) {
  Json answer = {{"viewer", viewer},
                 {"epoch", seen.epoch},
                 {"offset", start.offset},
                 {"head", seen.head},
                 {"skipped", start.skipped}};
  if (seen.run != 0) answer["run"] = seen.run;
  if (start.again > 0) answer["again"] = start.again;
  return answer;
}

}  // namespace peer
