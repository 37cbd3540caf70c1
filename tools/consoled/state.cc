#include "tools/consoled/state.h"

namespace consoled {

namespace {

using Row = std::array<Edge, kHappenings>;

constexpr Edge stay(State s) {
  return {s, Act::nothing};
}

// Who is wanted is so still, and tries again like after any other failure.
constexpr Edge bug(State s) {
  return {s == State::idle ? State::idle : State::waiting, Act::bug};
}

// By Happening: wanted, unwanted, turn, opened, closed, due.
constexpr std::array<Row, kStates> kTable = {
    // idle
    Row{Edge{State::queued, Act::queue}, stay(State::idle), bug(State::idle), bug(State::idle),
        bug(State::idle), bug(State::idle)},
    // queued
    Row{stay(State::queued), Edge{State::idle, Act::leave}, Edge{State::connecting, Act::open},
        bug(State::queued), bug(State::queued), bug(State::queued)},
    // connecting: a driver may say at once, or much later, that it cannot
    Row{stay(State::connecting), Edge{State::idle, Act::drop}, bug(State::connecting),
        Edge{State::connected, Act::greet}, Edge{State::waiting, Act::retry},
        bug(State::connecting)},
    // connected
    Row{stay(State::connected), Edge{State::idle, Act::drop}, bug(State::connected),
        bug(State::connected), Edge{State::waiting, Act::retry}, bug(State::connected)},
    // waiting: who comes now does not wait for the next attempt
    Row{Edge{State::queued, Act::queue}, Edge{State::idle, Act::rest}, bug(State::waiting),
        bug(State::waiting), bug(State::waiting), Edge{State::queued, Act::queue}},
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

std::string_view happening_name(Happening what) {
  constexpr std::array<std::string_view, kHappenings> kNames = {"wanted", "unwanted", "turn",
                                                                "opened", "closed",   "due"};
  return kNames[static_cast<size_t>(what)];
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
