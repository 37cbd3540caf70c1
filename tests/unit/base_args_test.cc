#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/args.h"

using base::Args;
using base::Errc;
using base::Result;
using Order = base::Args::Order;

namespace {
constexpr std::string_view kUsage =
    "usage: tool [-cf] [-n LINES] [--size=RxC] COMMAND ...\n"
    "\n"
    "Says -x, --not-an-option in its text.\n"
    "\n"
    "  -c, --check         only look\n"
    "  -f, --force         replace\n"
    "  -n, --lines LINES   how many\n"
    "      --json          JSON lines\n"
    "      --size RxC      with a value and no letter\n"
    "  -h, --help          this\n"
    "\n"
    "  a line of text, --neither\n";

using Words = std::vector<const char*>;

Result<Args> parse(const Words& words, Order order = Order::anywhere) {
  Words argv = {"tool"};
  argv.insert(argv.end(), words.begin(), words.end());
  return Args::parse(kUsage, static_cast<int>(argv.size()), argv.data(), order);
}

// "c=1 f=1 n=5,7 | a b": what was given, for tables.
std::string shown(const Result<Args>& a) {
  if (!a) return a.error().what;
  std::string out;
  for (const char* name : {"check", "force", "lines", "json", "size"}) {
    if (!a->has(name)) continue;
    out += base::cat(name, "*", a->count(name), "=", a->value(name), " ");
  }
  out += "|";
  for (const std::string& o : a->operands()) out += " " + o;
  return out;
}
}  // namespace

TEST_CASE("options are taken as getopt takes them") {
  struct Row {
    Words words;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {{}, "|"},
      {{"a", "b"}, "| a b"},
      {{"-c"}, "check*1= |"},
      {{"-cf"}, "check*1= force*1= |"},
      {{"-cc", "-c"}, "check*3= |"},
      {{"-n5"}, "lines*1=5 |"},
      {{"-n", "5"}, "lines*1=5 |"},
      {{"-cn5"}, "check*1= lines*1=5 |"},
      {{"-nc"}, "lines*1=c |"},
      {{"-n", "-c"}, "lines*1=-c |"},
      {{"-n", "--"}, "lines*1=-- |"},
      {{"-n1", "-n2"}, "lines*2=2 |"},
      {{"--lines", "5"}, "lines*1=5 |"},
      {{"--lines=5"}, "lines*1=5 |"},
      {{"--lines="}, "lines*1= |"},
      {{"--lines=a=b"}, "lines*1=a=b |"},
      {{"--json", "--size", "24x80"}, "json*1= size*1=24x80 |"},
      {{"-"}, "| -"},
      {{""}, "| "},
      {{"--", "-c", "--"}, "| -c --"},
      {{"-c", "--", "-f"}, "check*1= | -f"},
  };
  for (const Row& row : rows) CHECK(shown(parse(row.words)) == row.expected);
}

TEST_CASE("what is not in the usage is a usage error that names it") {
  struct Row {
    Words words;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {{"-x"}, "-x: no such option"},
      {{"-cx"}, "-x: no such option"},
      {{"--nothing"}, "--nothing: no such option"},
      {{"--not-an-option"}, "--not-an-option: no such option"},
      {{"--neither"}, "--neither: no such option"},
      {{"--="}, "--: no such option"},
      {{"--che"}, "--che: no such option"},
      {{"--line=5"}, "--line: no such option"},
      {{"--check=yes"}, "--check: takes no value"},
      {{"--lines"}, "--lines: needs a value"},
      {{"-n"}, "-n: needs a value"},
      {{"-cn"}, "-n: needs a value"},
  };
  for (const Row& row : rows) {
    const Result<Args> a = parse(row.words);
    REQUIRE_FALSE(a);
    CHECK(a.error().what == row.expected);
    CHECK(a.error().code == Errc::usage);
  }
}

TEST_CASE("options end at the first operand where a command follows, else they may be mixed") {
  const Words words = {"-c", "ls", "-f", "--", "-n"};
  CHECK(shown(parse(words, Order::first_operand)) == "check*1= | ls -f -- -n");
  CHECK(shown(parse(words, Order::anywhere)) == "check*1= force*1= | ls -n");
  CHECK(shown(parse({"--", "ls", "--"}, Order::first_operand)) == "| ls --");
}

TEST_CASE("numbers are whole, decimal, and within their bounds") {
  struct Row {
    const char* text;
    int64_t expected;  // -99: refused
  };
  for (const Row& row : std::vector<Row>{{"0", 0},
                                         {"10", 10},
                                         {"-5", -5},
                                         {"010", 10},
                                         {"11", -99},
                                         {"-6", -99},
                                         {"", -99},
                                         {" 1", -99},
                                         {"1 ", -99},
                                         {"+1", -99},
                                         {"0x1", -99},
                                         {"1.0", -99},
                                         {"1e1", -99},
                                         {"one", -99},
                                         {"99999999999999999999", -99}}) {
    const Result<int64_t> n = base::parse_number(row.text, -5, 10);
    CHECK((n ? *n : -99) == row.expected);
    if (!n) CHECK(n.error().code == Errc::bad_input);
  }
  CHECK(base::parse_number("x", 1, 9).error().what ==
        "expected a whole number from 1 to 9, got \"x\"");
  CHECK(*base::parse_number("9223372036854775807", 0, INT64_MAX) == INT64_MAX);
}

TEST_CASE("a number option has a default, and its error names the option") {
  CHECK(*parse({}).operator*().number("lines", 7, 0, 9) == 7);
  CHECK(*parse({"-n3"}).operator*().number("lines", 7, 0, 9) == 3);
  const Result<Args> a = parse({"-n10"});
  const Result<int64_t> n = a->number("lines", 7, 0, 9);
  REQUIRE_FALSE(n);
  CHECK(n.error().code == Errc::usage);
  CHECK(n.error().what == "--lines: expected a whole number from 0 to 9, got \"10\"");
}

TEST_CASE("seconds may have a fraction, and are given as milliseconds") {
  const auto ms = [](const char* text) {
    return parse({"--size", text})->milliseconds("size", 7, 0.1, 1e9);
  };
  CHECK(*parse({})->milliseconds("size", 0.5, 1, 2) == 500);
  CHECK(*ms("1.5") == 1500);
  CHECK(*ms("0.1") == 100);
  CHECK(*ms("1000000000") == 1000000000000);
  for (const char* bad : {"", "x", "1s", "0", "-1", "nan", "inf", "1e10"}) {
    const Result<int64_t> n = ms(bad);
    REQUIRE_FALSE(n);
    CHECK(n.error().code == Errc::usage);
    CHECK(n.error().what ==
          base::cat("--size: expected seconds from 0.1 to 1000000000, got \"", bad, "\""));
  }
}

TEST_CASE("a value that was not given is the fallback") {
  CHECK(parse({})->value("size", "24x80") == "24x80");
  CHECK(parse({"--size", ""})->value("size", "24x80").empty());
}

TEST_CASE("a program is called by the last part of its path") {
  CHECK(base::called_as("/usr/bin/tool") == "tool");
  CHECK(base::called_as("tool") == "tool");
  CHECK(base::called_as("./a/tool") == "tool");
  CHECK(base::called_as(nullptr).empty());
}
