// Small pure parts of base: clock, log, result, select.
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/base/select.h"
#include "tests/unit/help.h"

using base::Candidate;
using base::Errc;
using base::Error;
using base::Result;
namespace log = base::log;

TEST_CASE("times are written as JSON numbers, as stamps and as RFC 3339, in GMT") {
  struct Row {
    int64_t us;
    const char* wall;
    const char* stamp;
    const char* rfc;
  };
  const help::Variable zone("TZ", "Asia/Tokyo");
  for (const Row& row : std::vector<Row>{
           {0, "0.000000", "1970-01-01 00:00:00", "1970-01-01T00:00:00Z"},
           {1795228800000123, "1795228800.000123", "2026-11-21 02:40:00", "2026-11-21T02:40:00Z"},
           {951782399999999, "951782399.999999", "2000-02-28 23:59:59", "2000-02-28T23:59:59Z"},
           {4102444800000000, "4102444800.000000", "2100-01-01 00:00:00", "2100-01-01T00:00:00Z"},
       }) {
    CHECK(base::wall_text(row.us) == row.wall);
    CHECK(base::stamp_gmt(row.us) == row.stamp);
    CHECK(base::rfc3339(row.us) == row.rfc);
  }
  CHECK(base::wall_us() > 1700000000000000);
}

TEST_CASE("control bytes are written as numbers, everything else as it is") {
  struct Row {
    std::string bytes, expected;
  };
  for (const Row& row : std::vector<Row>{
           {"plain text", "plain text"},
           {"a\nb\r\t", "a\\x0ab\\x0d\\x09"},
           {std::string("\0\x1b[2J\x7f", 6), "\\x00\\x1b[2J\\x7f"},
           {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
           {"", ""},
       }) {
    CHECK(log::printable(row.bytes) == row.expected);
  }
}

TEST_CASE("a log line goes to the sink up to its level, harmless, and keeps errno") {
  std::vector<std::pair<log::Level, std::string>> lines;
  log::set_sink([&](log::Level level, std::string_view line) {
    lines.emplace_back(level, line);
    errno = EIO;
  });
  errno = ENOENT;
  log::debug("not shown");
  log::info("one ", 1, '\n');
  log::error("two");
  CHECK(errno == ENOENT);
  log::set_level(log::Level::warn);
  log::info("not shown");
  log::set_level(log::Level::debug);
  log::debug("three");
  log::set_level(log::Level::info);
  log::set_sink(nullptr);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == std::pair(log::Level::info, std::string("one 1\\x0a")));
  CHECK(lines[1] == std::pair(log::Level::error, std::string("two")));
  CHECK(lines[2].first == log::Level::debug);
}

TEST_CASE("without a sink a line goes to stderr with the program's name") {
  Result<base::Pipe> pipe = base::make_pipe();
  REQUIRE(pipe);
  const base::Fd saved(::dup(STDERR_FILENO));
  ::dup2(pipe->write.get(), STDERR_FILENO);
  const std::string before = log::program();
  log::set_program("tool");
  log::warn("some\x1bthing");
  log::set_program(before);
  ::dup2(saved.get(), STDERR_FILENO);
  pipe->write.reset();
  help::Far far(std::move(pipe->read));
  far.read();
  // Under systemd a priority goes before it.
  const std::string line = "tool: some\\x1bthing\n";
  CHECK((far.got == line || far.got == "<4>" + line));
}

TEST_CASE("an errno has a code that fits and the system's words") {
  struct Row {
    int sys;
    Errc code;
  };
  for (const Row& row : std::vector<Row>{{ENOENT, Errc::not_found},
                                         {ECONNREFUSED, Errc::not_found},
                                         {EACCES, Errc::denied},
                                         {EROFS, Errc::denied},
                                         {EADDRINUSE, Errc::busy},
                                         {ETIMEDOUT, Errc::timeout},
                                         {EPIPE, Errc::closed},
                                         {ENAMETOOLONG, Errc::too_big},
                                         {ENOSPC, Errc::io}}) {
    const Error e = base::sys_error(row.sys, "open ", 7);
    CHECK(e.code == row.code);
    CHECK(e.sys == row.sys);
    CHECK(e.what == "open 7: " + base::sys_text(row.sys));
  }
  CHECK(base::sys_text(ENOENT) == "No such file or directory");
}

TEST_CASE("a result is a value or an error, to which context is added in front") {
  const auto half = [](int n) -> Result<int> {
    if (n % 2 != 0) return base::error(Errc::bad_input, n, " is odd");
    return n / 2;
  };
  CHECK(*half(4) == 2);
  const Result<int> odd = half(3);
  REQUIRE_FALSE(odd);
  CHECK(base::in("halve", odd.error()).what == "halve: 3 is odd");
  CHECK(base::in("halve", odd.error()).code == Errc::bad_input);
  CHECK(static_cast<bool>(Result<void>()));
  CHECK_FALSE(static_cast<bool>(Result<void>(base::error(Errc::io, "no"))));
}

namespace {
const std::vector<Candidate>& machines() {
  static const std::vector<Candidate> all = {
      {"web1", {{"site", "north"}, {"os", "linux"}}, {"web", "all"}},
      {"web2", {{"site", "south"}}, {"web", "all"}},
      {"web10", {{"site", "south"}}, {"all"}},
      {"db", {{"site", "north"}}, {"all"}},
      {"db-old", {}, {}},
      {"router", {{"empty", ""}}, {"all"}},
  };
  return all;
}

std::string chosen(std::string_view pattern) {
  const auto r = base::select(pattern, machines());
  if (!r) return "! " + r.error().what;
  std::string out;
  for (const std::string& name : *r) out += (out.empty() ? "" : " ") + name;
  return out;
}
}  // namespace

TEST_CASE("several at once: lists, globs, groups, labels and prefixes") {
  struct Row {
    const char* pattern;
    const char* expected;
  };
  for (const Row& row : std::vector<Row>{
           {"web1", "web1"},
           {"db", "db"},
           {"router,web1", "router web1"},
           {"web1,web1,web*", "web1 web2 web10"},
           {"web?", "web1 web2"},
           {"web[2-9]", "web2"},
           {"*", "web1 web2 web10 db db-old router"},
           {"@web", "web1 web2"},
           {"@all,db-old", "web1 web2 web10 db router db-old"},
           {"site=north", "web1 db"},
           {"site=south,@web", "web2 web10 web1"},
           {"empty=", "router"},
           {"r", "router"},
           {"db-", "db-old"},
       }) {
    CHECK(chosen(row.pattern) == row.expected);
  }
}

TEST_CASE("several at once: what means nothing, or too much, is told") {
  struct Row {
    const char* pattern;
    const char* expected;
    Errc code;
  };
  for (const Row& row : std::vector<Row>{
           {"", "an empty name in the list", Errc::bad_input},
           {"web1,", "an empty name in the list", Errc::bad_input},
           {",web1", "an empty name in the list", Errc::bad_input},
           {"web1,,db", "an empty name in the list", Errc::bad_input},
           {"web", "web: could be web1, web2 or web10", Errc::bad_input},
           {"d", "d: could be db or db-old", Errc::bad_input},
           {"mail", "mail: no such name", Errc::not_found},
           {"web1,mail,none", "mail: no such name", Errc::not_found},
           {"mail*", "mail*: nothing matches", Errc::not_found},
           {"@none", "@none: nothing matches", Errc::not_found},
           {"@", "@: nothing matches", Errc::not_found},
           {"site=west", "site=west: nothing matches", Errc::not_found},
           {"WEB1", "WEB1: no such name", Errc::not_found},
       }) {
    const auto r = base::select(row.pattern, machines());
    REQUIRE_FALSE(r);
    CHECK(r.error().what == row.expected);
    CHECK(r.error().code == row.code);
  }
}

TEST_CASE(
    "several at once: ten thousand names are quick, and patterns without number are refused") {
  std::vector<base::Candidate> all;
  std::string list;
  for (int i = 0; i < 10000; i++) {
    all.push_back({base::cat("node", i), {}, {}});
    list += base::cat(i > 0 ? "," : "", "node", i);
  }
  const auto names = base::select(list, all);
  REQUIRE(names);
  CHECK(names->size() == 10000);
  const auto many = base::select(list + ",*,node1*", all);
  REQUIRE(many);
  CHECK(many->size() == 10000);
  std::string stars = "*";
  for (int i = 0; i < 300000; i++) stars += ",*";
  const auto refused = base::select(stars, all);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::too_big);
}

TEST_CASE("names have 1 to 128 plain characters and begin with none of . and -") {
  for (const char* name : {"a", "Web-1.example_x", "9", "_", "a."}) CHECK(base::valid_name(name));
  for (const char* name :
       {"", ".a", "-a", "a b", "a/b", "a,b", "@a", "a=b", "gr\xc3\xbcn", "a\n"}) {
    CHECK_FALSE(base::valid_name(name));
  }
  CHECK(base::valid_name(std::string(128, 'x')));
  CHECK_FALSE(base::valid_name(std::string(129, 'x')));
}
