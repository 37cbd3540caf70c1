#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/peer/attach.h"

using peer::Attach;
using peer::Seen;
using wire::Json;

namespace {
base::Result<Attach> taken(const char* text) {
  const Json json = Json::parse(text);
  wire::Object o(json, "attach");
  return peer::take_attach(o);
}

Attach from(const char* what) {
  const auto a = taken((std::string(R"({"from":)") + what + "}").c_str());
  REQUIRE(a);
  return *a;
}
}  // namespace

TEST_CASE("attach takes what it is given, and says what is wrong") {
  const auto a = taken(R"({"raw":true,"readonly":true,"frames":true,"rows":30,"cols":100})");
  REQUIRE(a);
  CHECK(a->raw);
  CHECK(a->readonly);
  CHECK(a->frames);
  REQUIRE(a->window);
  CHECK(a->window->rows == 30);
  CHECK(a->window->columns == 100);
  CHECK(a->from == Attach::From::history);
  CHECK_FALSE(taken(R"({"rows":30})")->window);
  CHECK(taken(R"({"from":null})"));
  for (const char* bad :
       {R"({"from":"yesterday"})", R"({"from":7})", R"({"from":{"epoch":1}})",
        R"({"from":{"epoch":1,"offset":-1}})", R"({"from":{"epoch":1,"offset":1,"x":1}})",
        R"({"rows":0,"cols":1})", R"({"raw":"yes"})", R"({"frames":1})", R"({"what":1})"}) {
    CAPTURE(bad);
    CHECK_FALSE(taken(bad));
  }
}

TEST_CASE("a stream begins where it was asked to, or where there still is something") {
  const Seen seen{.epoch = 7, .tail = 1000, .shown = 1010, .head = 2000};
  struct Row {
    const char* from;
    uint64_t offset, skipped;
  };
  for (const Row& row :
       {Row{R"("all")", 1000, 1000}, Row{R"("line")", 1010, 1010}, Row{R"("now")", 2000, 0},
        Row{R"({"epoch":7,"offset":1500})", 1500, 0}, Row{R"({"epoch":7,"offset":400})", 1000, 600},
        Row{R"({"epoch":7,"offset":9999})", 2000, 0},
        Row{R"({"epoch":6,"offset":1500})", 1010, 1010}}) {
    CAPTURE(row.from);
    const peer::Start start = start_of(from(row.from), seen);
    CHECK(start.offset == row.offset);
    CHECK(start.skipped == row.skipped);
  }
  const peer::Start start = start_of(from(R"("now")"), seen);
  CHECK(attach_answer(3, seen, start) ==
        Json::parse(R"({"viewer":3,"epoch":7,"offset":2000,"head":2000,"skipped":0})"));
}

TEST_CASE("a place counted in a run that was killed: what is new is shown, what was shown is not") {
  Seen seen{.epoch = 7, .tail = 1000, .shown = 1010, .head = 2000, .run = 5, .began = 1500};
  const Attach later = from(R"({"epoch":7,"offset":1800,"run":4})");
  CHECK(start_of(later, seen).offset == 1500);
  CHECK(start_of(later, seen).again == 0);
  CHECK(start_of(from(R"({"epoch":7,"offset":1400,"run":4})"), seen).offset == 1400);
  CHECK(start_of(from(R"({"epoch":7,"offset":1800,"run":5})"), seen).offset == 1800);
  CHECK(start_of(from(R"({"epoch":7,"offset":1800})"), seen).offset == 1800);
  seen.replays = true;
  CHECK(start_of(later, seen).offset == 1800);
  CHECK(start_of(later, seen).again == 0);
  seen.head = 1600;
  CHECK(start_of(later, seen).offset == 1600);
  CHECK(start_of(later, seen).again == 200);
  CHECK(attach_answer(1, seen, start_of(later, seen)).at("again") == 200);
  CHECK(attach_answer(1, seen, start_of(later, seen)).at("run") == 5);
}
