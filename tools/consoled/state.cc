#include "tools/consoled/state.h"

namespace consoled {

namespace {

using Row = std::array<Edge, kHappenings>;

constexpr Edge kBug{State::idle, Act::bug};

constexpr Edge stay(State s) {
  return {s, Act::nothing};
}

// By Happening: wanted, unwanted, turn, opened, closed, due.
constexpr std::array<Row, kStates> kTable = {
    // idle
    Row{Edge{State::queued, Act::queue}, stay(State::idle), kBug, kBug, kBug, kBug},
    // queued
    Row{stay(State::queued), Edge{State::idle, Act::leave}, Edge{State::connecting, Act::open},
        kBug, kBug, kBug},
    // connecting: a driver may say at once, or much later, that it cannot
    Row{stay(State::connecting), Edge{State::idle, Act::drop}, kBug,
        Edge{State::connected, Act::greet}, Edge{State::waiting, Act::retry}, kBug},
    // connected
    Row{stay(State::connected), Edge{State::idle, Act::drop}, kBug, kBug,
        Edge{State::waiting, Act::retry}, kBug},
    // waiting: who comes now does not wait for the next attempt
    Row{Edge{State::queued, Act::queue}, Edge{State::idle, Act::rest}, kBug, kBug, kBug,
        Edge{State::queued, Act::queue}},
};

}  // namespace

Edge edge(State from, Happening what) {
  return kTable[static_cast<size_t>(from)][static_cast<size_t>(what)];
}

std::string_view state_name(State state) {
  constexpr std::array<std::string_view, kStates> kNames = {"idle", "queued", "connecting",
                                                            "connected", "waiting"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view compatible_name(const Status& s) {
  switch (s.state) {
    case State::idle:
      return "avaiable";
    case State::connected:
      return "connected";
    case State::waiting:
      return "error";
    case State::queued:
    case State::connecting:
      break;
  }
  return s.failed ? "error" : "enroll";
}

}  // namespace consoled
