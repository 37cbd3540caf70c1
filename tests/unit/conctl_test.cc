// What conctl has that is pure: escape keys, and the words after create and edit.
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tools/conctl/definition.h"
#include "tools/conctl/keys.h"
#include "tools/conctl/prompt.h"

using conctl::Ask;
using conctl::Keys;
using conctl::Typed;

namespace {

// "keys<.>keys": what was taken, commands in brackets; each byte on its own, or all at once.
std::string taken(std::string_view bytes, bool whole) {
  Keys keys;
  std::string out;
  const auto add = [&](std::string_view some) {
    while (!some.empty()) {
      const Typed t = keys.take(some);
      out += t.keys;
      if (t.ask == Ask::send_break) out += "<" + std::to_string(t.number) + ">";
      if (t.ask == Ask::leave) out += "<leave>";
      if (t.ask == Ask::who) out += "<who>";
      if (t.ask == Ask::list_breaks) out += "<breaks>";
      if (t.ask == Ask::message) out += "<message>";
      if (t.ask == Ask::not_ours) out += t.why.empty() ? "<silence>" : "<no>";
    }
  };
  if (whole) add(bytes);
  for (size_t i = 0; !whole && i < bytes.size(); i++) add(bytes.substr(i, 1));
  return out + keys.rest();
}

}  // namespace

TEST_CASE("conctl's keys are taken out, and nothing around them is lost, however they come") {
  struct Row {
    std::string typed, taken;
  };
  for (const Row& row : std::vector<Row>{
           {"plain", "plain"},
           {"\x05"
            "c.",
            "<leave>"},
           {"ab\x05"
            "cwcd",
            "ab<who>cd"},
           {"\x05"
            "cw\x05"
            "cw",
            "<who><who>"},
           {"\x05"
            "cl1\x05"
            "cl9x",
            "<1><9>x"},
           {"\x05"
            "cl0",
            "<0>"},
           {"\x05"
            "cl?",
            "<breaks>"},
           {"\x05"
            "def",
            "\x05"
            "def"},
           {"\x05\x05"
            "c.",
            "\x05<leave>"},
           {"\x05"
            "cky",
            "\x05"
            "cky"},
           {"a\x05"
            "cxb\x05"
            "c!\x05"
            "c|\x05"
            "cccc\x05"
            "cg\x05"
            "cm\x05"
            "cP\x05"
            "cR",
            "a<no>b<no><no><no>cc<no><no><no><no>"},
           {"a\x05"
            "cbhello",
            "a<message>hello"},
           {"\x05"
            "clx",
            "\x05"
            "clx"},
           {"\x05"
            "c\x05"
            "c.",
            "\x05"
            "c<leave>"},
           {"\x05"
            "cl\x05"
            "cw",
            "\x05"
            "cl<who>"},
           {"\x05"
            "c\\101b\x05"
            "c\\019",
            "Ab\x05"
            "c\\019"},
           {"\x05"
            "c \x05"
            "c\rx",
            "x"},
           {"\x05"
            "cexya\x05"
            "c.xy.",
            "a\x05"
            "c.<leave>"},
           {"end\x05", "end\x05"},
           {"end\x05"
            "cl",
            "end\x05"
            "cl"},
       }) {
    CHECK(taken(row.typed, true) == row.taken);
    CHECK(taken(row.typed, false) == row.taken);
  }
}

TEST_CASE("other keys than ^Ec can be chosen") {
  CHECK(conctl::parse_keys("^Ec") ==
        "\x05"
        "c");
  CHECK(conctl::parse_keys("^]q") == "\x1dq");
  CHECK(conctl::parse_keys("^e^x") == "\x05\x18");
  for (const char* bad : {"", "a", "^E", "abc"}) CHECK(conctl::parse_keys(bad).empty());
  Keys keys('\x1d', 'q');
  std::string_view typed =
      "\x05"
      "c.\x1dq.";
  const Typed t = keys.take(typed);
  CHECK(typed.empty());
  CHECK(t.keys ==
        "\x05"
        "c.");
  CHECK(t.ask == Ask::leave);
}

TEST_CASE("a line for conctl itself: what is typed, taken back, ended and given up") {
  struct Row {
    std::string typed, shown;
    std::optional<std::string> line;
    std::string rest;
  };
  const std::string back = "\b \b";
  for (const Row& row : std::vector<Row>{
           {"hello\rls\r", "hello\r\n", "hello", "ls\r"},
           {"ab\x7f\bcd\n", "ab" + back + back + "cd\r\n", "cd", ""},
           {"\x7f\xc3\xa4\x7fx\r", "\xc3\xa4" + back + "x\r\n", "x", ""},
           {"ab\x15\tc\r", "ab" + back + back + "c\r\n", "c", ""},
           {"\r", "\r\n", {}, ""},
           {"abc\x03x", "abc\r\n", {}, "x"},
           {"a\x1b[A\x1b[1;5Cb\x1bOP\x1b\x1b[3~c\x1b\r", "abc\r\n", "abc", ""},
           {std::string(400, 'y') + "\r", std::string(347, 'y') + "\r\n", std::string(347, 'y'),
            ""},
       }) {
    conctl::Prompt prompt;
    std::string_view rest = row.typed;
    CHECK(prompt.take(rest) == row.shown);
    CHECK(prompt.over());
    CHECK(prompt.line() == row.line);
    CHECK(rest == row.rest);
  }
}

namespace {
base::Result<conctl::Definition> read(std::vector<const char*> words) {
  words.insert(words.begin(), {"create", "n1"});
  const auto args = base::Args::parse(
      "usage\n\n  -p, --params LIST  x\n      --param KEY=VALUE  x\n      --label KEY=VALUE  x\n",
      static_cast<int>(words.size()), words.data(), base::Args::Order::anywhere);
  REQUIRE(args);
  return conctl::read_definition(*args);
}
}  // namespace

TEST_CASE("a definition is read as congo writes it, and with commas and = where --param is used") {
  const auto d = read({"driver=ssh", "ondemand=true", "--params", "user=root,host=h,password=a=b",
                       "--param", "cmd=a,b=c", "--label", "rack=3"});
  REQUIRE(d);
  const auto node = conctl::apply(*d, "n1", nlohmann::json::object());
  CHECK(node == nlohmann::json::parse(R"({"name":"n1","driver":"ssh","ondemand":true,
    "params":{"user":"root","host":"h","password":"a=b","cmd":"a,b=c"},"labels":{"rack":"3"}})"));
  // congo sent these as JSON booleans, which were refused.
  CHECK(read({"driver=tcp", "-p", "port=1,host=t"})->params.at("port") == "1");
}

TEST_CASE("an edit changes what is named, takes away what is empty, and keeps the rest") {
  const auto old = nlohmann::json::parse(R"({"name":"n1","driver":"cmd","params":{"cmd":"cat",
    "env":"A=1"},"ondemand":true,"Labels":{"a":"1","b":"2"}})");
  const auto d = read({"--param", "env=", "--param", "cmd=sh", "--label", "a="});
  REQUIRE(d);
  CHECK(conctl::apply(*d, "n1", old) ==
        nlohmann::json::parse(R"({"name":"n1","driver":"cmd","params":{"cmd":"sh"},
          "ondemand":true,"labels":{"b":"2"}})"));
}

TEST_CASE("words that say nothing of a console are refused by name") {
  CHECK(read({"drivr=ssh"}).error().what.starts_with("drivr=: expected driver= or ondemand="));
  CHECK(read({"ondemand=maybe"}).error().what == "ondemand=: expected true or false");
  CHECK(read({"-p", "user"}).error().what == "--params: expected KEY=VALUE, got user");
  CHECK(read({"cat"}).error().what == "create and edit: expected KEY=VALUE, got cat");
}
