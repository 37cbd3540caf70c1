#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/wire/json.h"
#include "lib/wire/limits.h"
#include "lib/wire/object.h"
#include "lib/wire/reader.h"

using wire::Item;
using wire::Json;
using wire::Note;
using wire::Object;

namespace {
Item item(std::string text, wire::Position at = {1, 1}) {
  return Item{Item::Kind::value, std::move(text), at, {}};
}

std::string error_of(const std::string& text) {
  const auto value = wire::parse(item(text));
  return value ? "" : value.error().what;
}

struct Case {
  std::string in;
  std::string error;
};
}  // namespace

TEST_CASE("parse gives the value") {
  const auto value = wire::parse(item(R"({"a":[1,-2,2.5,true,null,"x\u00e4"],"b":{"a":{}}})"));
  REQUIRE(value);
  CHECK(wire::dump(*value) == "{\"a\":[1,-2,2.5,true,null,\"x\u00e4\"],\"b\":{\"a\":{}}}");
  CHECK(wire::dump(*wire::parse("18446744073709551615")) == "18446744073709551615");
  CHECK(wire::dump(*wire::parse(" [] ")) == "[]");
}

TEST_CASE("parse says what is wrong and where") {
  const std::vector<Case> cases = {
      {R"({"a":1,"b":2,"a":3})", "line 1, column 14: duplicate key \"a\""},
      {R"({"a":{"a":1},"b":[{"a":1,"\u0061":2}]})", "line 1, column 26: duplicate key \"a\""},
      {"{\"x\":\"a:{\\\"\",\n \"b\" : 1,\n  \"b\":2}", "line 3, column 3: duplicate key \"b\""},
      {R"({"a":tru})", "line 1, column 9: invalid literal"},
      {R"({"a":01})", "line 1, column 7: unexpected number literal; expected '}'"},
      {"\"a\xff\"", "line 1, column 3: invalid string: ill-formed UTF-8 byte"},
      {"\"\xc0\xaf\"", "line 1, column 2: invalid string: ill-formed UTF-8 byte"},
      {"\"\\q\"", "line 1, column 3: invalid string: forbidden character after backslash"},
      {"", "line 1, column 1: unexpected end of input; expected '[', '{', or a literal"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.in);
    CHECK(error_of(c.in) == c.error);
  }
  CHECK(error_of("[1e999]") == "line 1, column 6: number overflow");
  CHECK(error_of("{\"a\":1 " + std::string(9999, 'x')) ==
        "line 1, column 8: invalid literal; expected '}'");
  CHECK(error_of(R"(["\ud800"])").find("line 1, column 9: invalid string: surrogate") == 0);
  CHECK(error_of(R"({"a":1} x)").find("line 1, column 9: invalid literal") == 0);
}

TEST_CASE("errors repeat no more of a name than helps") {
  const std::string name = '"' + std::string(9999, 'x') + '"';
  CHECK(error_of("{" + name + ":1," + name + ":2}").size() < 200);
}

TEST_CASE("parse places errors in the stream") {
  Note wrong;
  CHECK_FALSE(wire::parse(item("{\"a\":tru}", {7, 5}), &wrong));
  CHECK(wrong == Note{"invalid literal", {7, 13}});
  CHECK_FALSE(wire::parse(item("{\"a\":1,\n\"a\":2}", {7, 5}), &wrong));
  CHECK(wrong == Note{"duplicate key \"a\"", {8, 1}});
}

TEST_CASE("parse refuses what is nested too deep") {
  const auto text = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK(wire::parse(text(wire::kMaxDepth)));
  CHECK(error_of(text(wire::kMaxDepth + 1)).find("more than 32 brackets") != std::string::npos);
  CHECK_FALSE(wire::parse(std::string(1000000, '[')));
}

TEST_CASE("dump replaces what is no UTF-8") {
  CHECK(wire::dump(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
  CHECK(wire::dump(Json("a\nb")) == "\"a\\nb\"");
}

TEST_CASE("locate finds the keys of the outermost object") {
  const Item it = item("{\"b\":{\"a\":1},\n \"\\u0061\" : [2],\"c\":\"a\"}", {3, 4});
  const auto a = wire::locate(it, "a");
  REQUIRE(a);
  CHECK(a->key == wire::Position{4, 2});
  CHECK(a->value == wire::Position{4, 13});
  CHECK(wire::locate(it, "b")->value == wire::Position{3, 9});
  CHECK_FALSE(wire::locate(it, "x"));
  CHECK_FALSE(wire::locate(item("{\"a\\"), "a"));
}

// --- Object

namespace {
// The error of binding one text as a command.
std::string bind(const std::string& text) {
  const Item it = item(text);
  const auto value = wire::parse(it);
  REQUIRE(value);
  Object o(*value, "cmd", &it);
  o.need_string("name");
  o.opt_int("rows", 1, 500);
  o.opt_number("wait", 0, 1.5);
  o.opt_bool("all");
  o.opt_strings("args");
  o.opt_object("env");
  o.opt_array("list");
  o.opt_any("ref");
  const auto done = o.end();
  return done ? "" : done.error().what;
}
}  // namespace

TEST_CASE("object gives typed values") {
  const auto v = wire::parse(R"({"s":"x","i":-9223372036854775808,"n":2,"b":true,)"
                             R"("l":["a","b"],"null":null,"o":{"k":1}})");
  REQUIRE(v);
  Object o(*v, "conf");
  CHECK(o.need_string("s") == "x");
  CHECK(o.need_int("i", INT64_MIN, 0) == INT64_MIN);
  CHECK(o.need_number("n", 0, 10) == 2.0);
  CHECK(o.need_bool("b"));
  CHECK(o.opt_strings("l").value() == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(o.opt_string("null"));
  CHECK_FALSE(o.opt_string("absent"));
  CHECK(o.unknown() == std::vector<std::string>{"o"});
  const Json* inner = o.opt_object("o");
  REQUIRE(inner != nullptr);
  CHECK(o.end());
  Object in(*inner, o.path_of("o"));
  CHECK(in.end().error().what == "conf.o: unknown key \"k\"");
}

TEST_CASE("object says which key is wrong, why and where") {
  const std::vector<Case> cases = {
      {R"({"name":"x"})", ""},
      {R"({"name":"x","rows":500,"wait":1.5,"all":false,"args":[],"env":{},"list":[1],"ref":null})",
       ""},
      {"[]", "line 1, column 1: cmd: expected an object, got an array"},
      {"{}", "line 1, column 1: cmd: \"name\" is missing"},
      {R"({"name":1})", "line 1, column 9: cmd: \"name\": expected a string, got 1"},
      {R"({"name":"x","colour":1})", "line 1, column 13: cmd: unknown key \"colour\""},
      {R"({"name":"x","colour":null})", "line 1, column 13: cmd: unknown key \"colour\""},
      {R"({"name":"x","rows":1.5})",
       "line 1, column 20: cmd: \"rows\": expected an integer from 1 to 500, got 1.5"},
      {R"({"name":"x","rows":0})",
       "line 1, column 20: cmd: \"rows\": expected an integer from 1 to 500, got 0"},
      {R"({"name":"x","rows":3000000000})",
       "line 1, column 20: cmd: \"rows\": expected an integer from 1 to 500, got 3000000000"},
      {R"({"name":"x","rows":18446744073709551615})",
       "line 1, column 20: cmd: \"rows\": expected an integer from 1 to 500, got "
       "18446744073709551615"},
      {R"({"name":"x","rows":1.0})",
       "line 1, column 20: cmd: \"rows\": expected an integer from 1 to 500, got 1.0"},
      {R"({"name":"x","rows":"9"})",
       "line 1, column 20: cmd: \"rows\": expected an integer from 1 to 500, got a string"},
      {R"({"name":"x","wait":2})",
       "line 1, column 20: cmd: \"wait\": expected a number from 0.0 to 1.5, got 2"},
      {R"({"name":"x","all":1})", "line 1, column 19: cmd: \"all\": expected true or false, got 1"},
      {R"({"name":"x","args":["a",1]})",
       "line 1, column 20: cmd: \"args\": expected a list of strings, got an array"},
      {R"({"name":"x","env":[]})",
       "line 1, column 19: cmd: \"env\": expected an object, got an array"},
      {R"({"name":"x","list":{}})",
       "line 1, column 20: cmd: \"list\": expected an array, got an object"},
      {R"({"rows":"9","colour":1})", "line 1, column 1: cmd: \"name\" is missing"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.in);
    CHECK(bind(c.in) == c.error);
  }
}

TEST_CASE("object takes the caller's judgement") {
  const Item it = item(R"({"from":"here"})", {9, 1});
  const auto v = wire::parse(it);
  Object o(*v, "attach", &it);
  CHECK(o.opt_string("from").value() == "here");
  o.wrong("from", "one of all, line, now");
  CHECK_FALSE(o.ok());
  CHECK(o.note()->at == wire::Position{9, 9});
  CHECK(o.end().error().what ==
        "line 9, column 9: attach: \"from\": expected one of all, line, now, got a string");
}
