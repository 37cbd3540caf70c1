// The states of a console: every edge of the table, and the words for them.
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "tools/consoled/state.h"

using consoled::Act;
using consoled::Edge;
using consoled::edge;
using consoled::Happening;
using consoled::State;
using consoled::Status;

namespace {
constexpr State kAll[] = {State::idle, State::queued, State::connecting, State::connected,
                          State::waiting};
constexpr Happening kWhat[] = {Happening::wanted, Happening::unwanted, Happening::turn,
                               Happening::opened, Happening::closed,   Happening::due};
}  // namespace

// What cannot happen is logged, and begins anew: who is wanted is so still.
TEST_CASE("every edge of a console's states leads where it should") {
  struct Row {
    State from;
    Happening what;
    Edge edge;
  };
  using enum State;
  using enum Happening;
  const std::vector<Row> rows = {
      {idle, wanted, {queued, Act::queue}},        {idle, unwanted, {idle, Act::nothing}},
      {queued, wanted, {queued, Act::nothing}},    {queued, unwanted, {idle, Act::leave}},
      {queued, turn, {connecting, Act::open}},     {connecting, wanted, {connecting, Act::nothing}},
      {connecting, unwanted, {idle, Act::drop}},   {connecting, opened, {connected, Act::greet}},
      {connecting, closed, {waiting, Act::retry}}, {connected, wanted, {connected, Act::nothing}},
      {connected, unwanted, {idle, Act::drop}},    {connected, closed, {waiting, Act::retry}},
      {waiting, wanted, {queued, Act::queue}},     {waiting, unwanted, {idle, Act::rest}},
      {waiting, due, {queued, Act::queue}},
  };
  std::set<std::pair<State, Happening>> good;
  for (const Row& row : rows) {
    CAPTURE(state_name(row.from));
    CHECK(edge(row.from, row.what) == row.edge);
    good.emplace(row.from, row.what);
  }
  for (const State from : kAll) {
    for (const Happening what : kWhat) {
      if (good.contains({from, what})) continue;
      CHECK(edge(from, what) == Edge{from == idle ? idle : waiting, Act::bug});
    }
  }
}

// No retry is ever lost: a console that is wanted is always on its way to the next attempt.
TEST_CASE("from every state a wanted console gets to be connected") {
  for (State s : kAll) {
    std::vector<Happening> way;
    if (s == State::idle) way = {Happening::wanted, Happening::turn, Happening::opened};
    if (s == State::queued) way = {Happening::turn, Happening::opened};
    if (s == State::connecting) way = {Happening::opened};
    if (s == State::waiting) way = {Happening::due, Happening::turn, Happening::opened};
    for (const Happening what : way) s = edge(s, what).to;
    CHECK(s == State::connected);
  }
}

TEST_CASE("the states have goconserver's words, with its spelling") {
  struct Row {
    State state;
    bool failed;
    const char* word;
  };
  for (const Row& row :
       {Row{State::idle, false, "avaiable"}, Row{State::idle, true, "avaiable"},
        Row{State::queued, false, "enroll"}, Row{State::queued, true, "error"},
        Row{State::connecting, false, "enroll"}, Row{State::connecting, true, "error"},
        Row{State::connected, false, "connected"}, Row{State::waiting, true, "error"}}) {
    Status s;
    s.state = row.state;
    s.failed = row.failed;
    CHECK(compatible_name(s) == row.word);
  }
  std::set<std::string_view> own;
  for (const State s : kAll) own.insert(state_name(s));
  CHECK(own.size() == consoled::kStates);
  own.clear();
  for (const Happening what : kWhat) own.insert(happening_name(what));
  CHECK(own.size() == consoled::kHappenings);
}
