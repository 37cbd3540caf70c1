#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/conf/map.h"
#include "lib/conf/yaml.h"

using conf::Map;
using conf::Problems;
using conf::Value;
using Lines = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// What is wrong with a text as YAML.
Lines wrong_with(const std::string& text) {
  Problems problems("f");
  static_cast<void>(conf::parse_yaml(text, problems));
  return problems.lines();
}

// One map, and what reading it complained about.
struct Read {
  explicit Read(const std::string& text)
      : root(conf::parse_yaml(text, problems).value_or(Value{})), map(root, "", problems) {}
  Problems problems{"f"};
  Value root;
  Map map;
  Lines wrong() {
    map.end();
    return problems.lines();
  }
};

std::string repeated(const std::string& text, size_t n) {
  std::string out;
  for (size_t i = 0; i < n; i++) out += text;
  return out;
}

}  // namespace

TEST_CASE("yaml: values, lists and maps know where they stand") {
  Problems problems("f");
  const auto v = conf::parse_yaml("a: 1\nb:\n  - x\n  - {c: \"d e\", f: }\n", problems);
  REQUIRE(v);
  CHECK(problems.empty());
  REQUIRE(v->kind == Value::Kind::map);
  REQUIRE(v->map.size() == 2);
  CHECK(v->map[0].key == "a");
  CHECK(v->map[0].at == conf::Place{1, 1});
  CHECK(v->map[0].value.text == "1");
  CHECK(v->map[0].value.at == conf::Place{1, 4});
  const Value& list = v->map[1].value;
  REQUIRE(list.kind == Value::Kind::list);
  REQUIRE(list.list.size() == 2);
  CHECK(list.list[1].at == conf::Place{4, 5});
  CHECK(list.list[1].map[0].value.text == "d e");
  CHECK(list.list[1].map[0].value.at == conf::Place{4, 9});
  CHECK(list.list[1].map[1].value.kind == Value::Kind::null);
}

TEST_CASE("yaml: an empty file, and one of comments, is a value of nothing") {
  for (const std::string text : {"", "# nothing\n", "---\n", "~"}) {
    CAPTURE(text);
    Problems problems("f");
    const auto v = conf::parse_yaml(text, problems);
    REQUIRE(v);
    CHECK(v->kind == Value::Kind::null);
    CHECK(problems.empty());
  }
}

TEST_CASE("yaml: what is wrong is said with its place") {
  CHECK(wrong_with("a: 1\n\tb: 2\n").at(0).starts_with("f:2:"));
  CHECK(wrong_with("a: [1, 2\n").at(0).starts_with("f:"));
  CHECK(wrong_with("a: 1\na: 2\nb: 1\nb: 1\n") ==
        Lines{"f:2:1: a: is there twice, first on line 1",
              "f:4:1: b: is there twice, first on line 3"});
  CHECK(wrong_with("[a]: 1\n") == Lines{"f:1:1: a key is one word"});
  CHECK(wrong_with("a: 1\n---\nb: 2\n") == Lines{"f:3:1: a second document: one is expected"});
  CHECK(wrong_with("a: *nowhere\n").at(0).starts_with("f:1:4: "));
  CHECK(wrong_with("a: x\nb: \x04 y\n") == Lines{"f:2:4: a control character (byte 4)"});
}

TEST_CASE("yaml: anchors are copied, with the place of what they stand for") {
  Read r("base: &b {port: 1}\nother: *b\n");
  CHECK(r.map.map("other").opt_int("port", 1, 9) == 1);
  CHECK(r.map.map("other").at("port") == conf::Place{1, 17});
  CHECK(wrong_with("a: &a [*a]\n") == Lines{"f:1:8: an alias within what it stands for"});
}

TEST_CASE("yaml: an alias bomb, a deep, a long and a large file are refused, and cost little") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; i++) {
    const std::string n = std::to_string(i), m = std::to_string(i - 1);
    bomb += "a" + n + ": &a" + n + " [" + repeated("*a" + m + ",", 10) + "]\n";
  }
  CHECK(wrong_with(bomb).at(0).ends_with("more than 10000 values"));
  CHECK(wrong_with(repeated("[", 33) + repeated("]", 33)).at(0) == "f:1:33: more than 32 levels");
  CHECK(wrong_with(repeated("[", 100'000)).size() == 1);
  CHECK(wrong_with(repeated("- ", 100'000)).size() == 1);
  CHECK(wrong_with(repeated("- x\n", 10'001)).at(0) == "f:10000:3: more than 10000 values");
  CHECK(wrong_with(repeated("# x\n", 1 << 19)).at(0) == "f: longer than 1048576 bytes");
}

TEST_CASE("conf: numbers are decimal, with or without quotes, and never octal") {
  Read r("a: 12429\nb: \"12\"\nc: 07\nd: 0\ne: 1e3\nf: 70000\ng: [1]\nh: -5\ni: 0x10\nj: 1_000\n");
  CHECK(r.map.opt_int("a", 1, 65535) == 12429);
  CHECK(r.map.opt_int("b", 1, 65535) == 12);
  CHECK(r.map.opt_int("d", 0, 65535) == 0);
  CHECK(r.map.opt_int("h", -9, 0) == -5);
  CHECK_FALSE(r.map.opt_int("missing", 0, 1));
  for (const char* key : {"c", "e", "f", "g", "i", "j"}) CHECK_FALSE(r.map.opt_int(key, 1, 65535));
  const Lines wrong = r.wrong();
  REQUIRE(wrong.size() == 6);
  CHECK(wrong[0] == "f:3:4: c: expected a whole number from 1 to 65535, got \"07\"");
  CHECK(wrong[3] == "f:7:4: g: expected a whole number from 1 to 65535, got a list");
}

TEST_CASE("conf: seconds and sizes take units") {
  struct Case {
    std::string text;
    int64_t value;  // ms or bytes; -1: refused
  };
  const std::vector<Case> times = {{"5", 5000},      {"0.5", 500},     {"500ms", 500},
                                   {"2 m", 120'000}, {"1h", 3600'000}, {"\"3s\"", 3000},
                                   {"-1", -1},       {"1x", -1},       {"", -1},
                                   {"inf", -1},      {"1e3", -1},      {"25h", -1}};
  for (const Case& c : times) {
    CAPTURE(c.text);
    Read r("t: " + c.text + "\n");
    const auto t = r.map.opt_seconds("t", seconds(0), std::chrono::hours(24));
    CHECK((t ? std::chrono::duration_cast<milliseconds>(*t).count() : -1) == c.value);
  }
  const std::vector<Case> sizes = {{"4096", 4096},    {"64K", 65536}, {"16M", 16 << 20},
                                   {"1GiB", 1 << 30}, {"0.5K", 512},  {"0.3", -1},
                                   {"5T", -1},        {"-1", -1},     {"9G", -1}};
  for (const Case& c : sizes) {
    CAPTURE(c.text);
    Read r("s: " + c.text + "\n");
    const auto s = r.map.opt_size("s", 0, uint64_t{4} << 30);
    CHECK((s ? static_cast<int64_t>(*s) : -1) == c.value);
  }
  Read r("t: 100\n");
  CHECK_FALSE(r.map.opt_seconds("t", milliseconds(500), seconds(60)));
  CHECK(r.wrong() ==
        Lines{"f:1:4: t: expected seconds from 500ms to 60 (or 500ms, 2m, 1h, 7d), got \"100\""});
}

TEST_CASE("conf: words, flags and lists") {
  Read r("a: debug\nb: loud\nc: yes\nd: Off\ne: maybe\nf: [x, 1]\ng: x\nh: [[x]]\ni:\n");
  CHECK(r.map.opt_word("a", {"info", "debug"}) == "debug");
  CHECK_FALSE(r.map.opt_word("b", {"info", "debug"}));
  CHECK(r.map.opt_bool("c") == true);
  CHECK(r.map.opt_bool("d") == false);
  CHECK_FALSE(r.map.opt_bool("e"));
  CHECK(r.map.opt_strings("f") == Lines{"x", "1"});
  CHECK_FALSE(r.map.opt_strings("g"));
  CHECK_FALSE(r.map.opt_strings("h"));
  CHECK_FALSE(r.map.opt_string("i"));
  CHECK(r.wrong() == Lines{"f:2:4: b: expected one of info, debug, got \"loud\"",
                           "f:5:4: e: expected true or false, got \"maybe\"",
                           "f:7:4: g: expected a list of texts, got \"x\"",
                           "f:8:4: h: expected a list of texts, got a list"});
}

TEST_CASE("conf: unknown keys are named with path, line and the nearest known one") {
  Read r("api:\n  prot: 1\n  zzz: 2\nlist:\n  - nam: x\n  - y\n");
  Map api = r.map.map("api");
  static_cast<void>(api.opt_int("port", 1, 9));
  api.end();
  for (Map& one : r.map.maps("list")) {
    one.need_string("name");
    one.end();
  }
  CHECK(r.wrong() == Lines{"f:2:3: api.prot: no such key; did you mean port?",
                           "f:3:3: api.zzz: no such key", "f:5:5: list[0].name: is missing",
                           "f:5:5: list[0].nam: no such key; did you mean name?",
                           "f:6:5: list[1]: expected a map (key: value), got \"y\""});
}

TEST_CASE("conf: as many problems are kept as somebody reads") {
  std::string text;
  for (int i = 0; i < 1000; i++) text += "key" + std::to_string(i) + ": 1\n";
  Read r(text);
  CHECK(r.wrong().size() == conf::kMaxProblems);
}
