// What is asked of journals, on its way to consoled and back; and journals shown piece by piece.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "lib/base/atomic_file.h"
#include "lib/journal/asked.h"
#include "lib/journal/play.h"
#include "lib/journal/record.h"
#include "tests/unit/help.h"

using journal::Asked;
using journal::Form;
using journal::Kind;
using journal::Play;

namespace {

base::Result<Asked> back(const std::map<std::string, std::string>& fields) {
  return journal::asked_of([&fields](std::string_view name) {
    const auto at = fields.find(std::string(name));
    return at == fields.end() ? "" : at->second;
  });
}

std::map<std::string, std::string> map_of(const Asked& a) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : journal::fields_of(a)) out[name] = value;
  return out;
}

}  // namespace

TEST_CASE("asked: what was asked for comes through a query as it was") {
  Asked a;
  CHECK(map_of(a).empty());
  a.events = a.color = a.fixed = a.invert = true;
  a.form = Form::json;
  a.lines = 7;
  a.since = 0;
  a.until = 1795228800000000;
  a.grep = "a&b=c";
  const auto b = back(map_of(a));
  REQUIRE(b);
  CHECK(map_of(*b) == map_of(a));
}

TEST_CASE("asked: what makes no sense is refused, and -f has its ten lines") {
  CHECK_FALSE(back({{"lines", "x"}}));
  CHECK_FALSE(back({{"lines", "-1"}}));
  CHECK_FALSE(back({{"since", "5"}, {"until", "4"}}));
  CHECK_FALSE(back({{"form", "html"}}));
  CHECK_FALSE(back({{"times", "yes"}}));
  CHECK_FALSE(back({{"invert", "1"}}));
  CHECK_FALSE(back({{"form", "asciicast"}, {"grep", "x"}}));
  CHECK_FALSE(back({{"follow", "1"}, {"until", "1"}}));
  const auto followed = back({{"follow", "1"}});
  REQUIRE(followed);
  CHECK(followed->lines == 10);
}

TEST_CASE("play: a piece at a time, each bounded, and all of it") {
  const help::Folder folder;
  std::string all;
  for (int i = 0; all.size() < 3'000'000; i++) all += base::cat("line ", i, "\n");
  REQUIRE(base::write_atomic(folder / "a.log", all, 0600));
  REQUIRE(base::write_atomic(folder / "b.log", "the other\n", 0600));
  const auto play = Play::make({}, folder.path(), {"a", "none", "b"});
  REQUIRE(play);
  std::string got;
  size_t steps = 0, longest = 0;
  Play::Now now = Play::Now::more;
  while (now == Play::Now::more) {
    now = (*play)->step(65536);
    longest = std::max(longest, (*play)->output().text.size());
    got += std::exchange((*play)->output().text, {});
    steps++;
  }
  CHECK(now == Play::Now::over);
  CHECK(steps >= 10);
  CHECK(longest < 1'000'000);
  CHECK(got.size() == all.size() +
                          3 * static_cast<size_t>(std::count(all.begin(), all.end(), '\n')) +
                          std::string("b: the other\n").size());
  CHECK(got.ends_with("b: the other\n"));
  const auto trouble = (*play)->take_trouble();
  REQUIRE(trouble.size() == 1);
  CHECK(trouble[0].node == "none");
  CHECK(trouble[0].error.code == base::Errc::not_found);
}

TEST_CASE("play: of the last lines that were found no more is kept than was allowed") {
  const help::Folder folder;
  std::string all;
  for (int i = 0; i < 1000; i++) all += base::cat("found ", 1000 + i, "\n");
  REQUIRE(base::write_atomic(folder / "a.log", all, 0600));
  Asked a;
  a.grep = "found";
  a.lines = 500;
  const auto play = Play::make(a, folder.path(), {"a"}, 100);
  REQUIRE(play);
  while ((*play)->step(65536) == Play::Now::more) {
  }
  CHECK((*play)->output().text.size() <= 100);
  CHECK((*play)->output().text.ends_with("found 1999\n"));
  a.grep = "(";
  CHECK_FALSE(Play::make(a, folder.path(), {"a"}));
}

TEST_CASE("play: a broken file costs itself, not what comes after it") {
  const help::Folder folder;
  REQUIRE(base::write_atomic(folder / "a.log.2", "first\n", 0600));
  REQUIRE(base::write_atomic(folder / "a.log.1.zst", "broken", 0600));
  REQUIRE(base::write_atomic(folder / "a.log", "today\n", 0600));
  for (const bool last : {false, true}) {
    Asked a;
    if (last) a.lines = 10;
    const auto play = Play::make(a, folder.path(), {"a"});
    REQUIRE(play);
    while ((*play)->step(65536) == Play::Now::more) {
    }
    CHECK((*play)->output().text == (last ? "today\n" : "first\ntoday\n"));
    const auto trouble = (*play)->take_trouble();
    REQUIRE(trouble.size() == 1);
    CHECK(trouble[0].error.what.find("a.log.1.zst: unpack: ") != std::string::npos);
  }
}

TEST_CASE("play: a followed journal with much to tell leaves the others their part") {
  const help::Folder folder;
  std::string all;
  while (all.size() < 3'000'000) all += "a line of the first console, which has much to say\n";
  REQUIRE(base::write_atomic(folder / "a.log", all, 0600));
  REQUIRE(base::write_atomic(folder / "b.log", "hello\n", 0600));
  Asked a;
  a.follow = true;
  a.lines = 1'000'000;
  const auto play = Play::make(a, folder.path(), {"a", "b"});
  REQUIRE(play);
  CHECK((*play)->step(65536) == Play::Now::more);
  CHECK((*play)->output().text.find("b: hello\n") != std::string::npos);
}

TEST_CASE("play: a recording's times begin with the first that is known, and never go back") {
  const help::Folder folder;
  std::string index;
  journal::append_header({5, 0, 0, 1'000'000'000}, index);
  journal::append_record({Kind::chunk, 1'000'000'000, 0, 0, {}, "aaaa", {}}, index);
  journal::append_record({Kind::chunk, 1'050'000'000, 5, 5, {}, "bbbb", {}}, index);
  journal::append_record({Kind::chunk, 1'010'000'000, 10, 10, {}, "cccc", {}}, index);
  REQUIRE(base::write_atomic(folder / "n.idx", index, 0600));
  REQUIRE(base::write_atomic(folder / "n.log", "aaaa\nbbbb\ncccc\n", 0600));
  Asked a;
  a.form = Form::asciicast;
  const auto recorded = [&] {
    const auto play = Play::make(a, folder.path(), {"n"});
    REQUIRE(play);
    while ((*play)->step(65536) == Play::Now::more) {
    }
    return (*play)->output().text;
  };
  const std::string lines =
      "[0.000000,\"o\",\"aaaa\\n\"]\n"
      "[50.000000,\"o\",\"bbbb\\n\"]\n"
      "[50.000000,\"o\",\"cccc\\n\"]\n";
  const std::string known = recorded();
  CHECK(known.find("\"timestamp\":1000,") != std::string::npos);
  CHECK(known.ends_with("}\n" + lines));
  REQUIRE(base::write_atomic(folder / "n.log.1", "old\n", 0600));
  const std::string unknown = recorded();
  CHECK(unknown.find("timestamp") == std::string::npos);
  CHECK(unknown.ends_with("}\n[0.000000,\"o\",\"old\\n\"]\n" + lines));
}
