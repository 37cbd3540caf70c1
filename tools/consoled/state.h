// state: what a console is doing, as a table: in each state, what each event leads to and what is
// to be done then. Pure; console.cc does it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace consoled {

enum class State : uint8_t {
  idle,        // nobody wants it: on demand and nobody looks, or switched off
  queued,      // waits for its turn to connect
  connecting,  // a driver is opening the line
  connected,   // the line is open
  waiting,     // the last attempt failed, or the line was lost; the next one is at a known time
};

enum class Happening : uint8_t {
  wanted,    // somebody wants it, or wants it now
  unwanted,  // nobody does any more
  turn,      // it may connect
  opened,    // the line is open
  closed,    // the line could not be opened, or is over
  due,       // it is time for the next attempt
};

// What the console does on an edge of the table.
enum class Act : uint8_t {
  nothing,
  queue,  // asks for a turn
  leave,  // gives up its place, or its turn
  open,   // makes a driver and opens the line
  greet,  // the line is up
  drop,   // ends the line
  retry,  // the line is down: sets the time of the next attempt
  rest,   // there will be no next attempt
  bug,    // cannot happen: logs it, and begins anew; a mistake of ours is to cost one line only
};

struct Edge {
  State to;
  Act act;
  bool operator==(const Edge&) const = default;
};

inline constexpr size_t kStates = 5;
inline constexpr size_t kHappenings = 6;

Edge edge(State from, Happening what);

// "idle", "queued", "connecting", "connected", "waiting": our own words.
std::string_view state_name(State state);
// "wanted", "unwanted", "turn", "opened", "closed", "due"; for the log.
std::string_view happening_name(Happening what);

// How a console is doing, for people and programs.
struct Status {
  State state = State::idle;
  bool failed = false;    // the last attempt, or the last line, ended badly
  uint32_t attempts = 0;  // since the line was up for a while
  uint32_t ups = 0;       // how often the line was opened
  int64_t since_us = 0;   // in this state
  int64_t down_us = 0;    // when it failed first, or was lost; 0: it is up, or nobody wants it
  int64_t next_us = 0;    // of the next attempt; 0: there is none
  std::string reason;     // why the line is not up, or was not
};

// goconserver's five words: "avaiable" (its spelling), "enroll", "connected", "error"; "notfound"
// is for nodes that there are not.
std::string_view compatible_name(const Status& status);

}  // namespace consoled
