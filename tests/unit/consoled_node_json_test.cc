#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/wire/json.h"
#include "tests/unit/consoled_help.h"
#include "tools/consoled/node_json.h"

using consoled::Node;
using consoled::ReadNode;

namespace {

// The node that is read and written again, or what is wrong with it.
std::string again(const std::string& text) {
  const auto value = wire::parse(text);
  REQUIRE(value);
  const auto node = consoled::read_node(*value);
  return node ? consoled::node_json(*node) : node.error().what;
}

}  // namespace

TEST_CASE("nodes: goconserver's object, in any letter case, and its own spelling comes back") {
  CHECK(
      again(
          R"({"name":"n1","driver":"cmd","params":{"cmd":"cat"},"ondemand":true,"labels":{"host":"v"}})") ==
      R"({"name":"n1","driver":"cmd","params":{"cmd":"cat"},"ondemand":true,"Labels":{"host":"v"}})");
  CHECK(
      again(
          R"({"NAME":"n1","Driver":"cmd","LABELS":null,"other":[1],"params":{"b":"2","a":null}})") ==
      R"({"name":"n1","driver":"cmd","params":{"a":"","b":"2"},"ondemand":false,"Labels":null})");
  CHECK(again("{}") == R"({"name":"","driver":"","params":{},"ondemand":false,"Labels":null})");
}

TEST_CASE("nodes: what is of the wrong type is said in goconserver's words") {
  struct Case {
    std::string in, error;
  };
  const std::vector<Case> cases = {
      {R"({"params":{"a":true}})", "bool into Go struct field Node.params of type string"},
      {R"({"params":{"a":1}})", "number into Go struct field Node.params of type string"},
      {R"({"params":{"a":{}}})", "object into Go struct field Node.params of type string"},
      {R"({"params":[]})", "array into Go struct field Node.params of type map[string]string"},
      {R"({"name":5})", "number into Go struct field Node.name of type string"},
      {R"({"driver":false})", "bool into Go struct field Node.driver of type string"},
      {R"({"ondemand":"true"})", "string into Go struct field Node.ondemand of type bool"},
      {R"({"labels":"x"})", "string into Go struct field Node.Labels of type map[string]string"},
      {"[]", "array into Go value of type storage.Node"},
      {"7", "number into Go value of type storage.Node"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.in);
    CHECK(again(c.in) == "json: cannot unmarshal " + c.error);
  }
  CHECK(again(R"({"name":"a","Name":"b"})") == "json: name is there twice");
}

TEST_CASE("nodes: the broken elements of a list have their own errors, the rest go on") {
  const auto value = wire::parse(
      R"({"nodes":[{"name":"a","driver":"cmd"},7,{"name":"b","params":{"x":1}},{"driver":"cmd"},null]})");
  REQUIRE(value);
  const auto all = consoled::read_nodes(*value);
  REQUIRE(all);
  REQUIRE(all->size() == 5);
  std::string labels;
  for (const ReadNode& r : *all) labels += r.label + (r.node ? "+ " : "- ");
  CHECK(labels == "a+ nodes[1]- b- nodes[3]+ nodes[4]- ");
  CHECK(consoled::read_nodes(*wire::parse("{}"))->empty());
  CHECK(consoled::read_nodes(*wire::parse(R"({"Nodes":null})"))->empty());
  CHECK_FALSE(consoled::read_nodes(*wire::parse("[]")));
  CHECK_FALSE(consoled::read_nodes(*wire::parse(R"({"nodes":{}})")));
}

TEST_CASE("nodes: the answer to GET has goconserver's shape and order") {
  const Node node{"n1", "cmd", {{"cmd", "echo \"<a>\" \\ \n"}}, false, {}};
  CHECK(consoled::node_answer(node, "connected") ==
        R"({"StorageNode":{"name":"n1","driver":"cmd","params":{"cmd":"echo \"<a>\" \\ \n"},)"
        R"("ondemand":false,"Labels":null},"State":"connected"})");
}

TEST_CASE("nodes: nodes.json is written as goconserver indents it, and read again") {
  const std::vector<Node> nodes = {{"n1", "cmd", {{"cmd", "cat"}}, false, {}},
                                   {"n2", "ssh", {}, true, {{"host", "v"}}}};
  const std::string text = consoled::nodes_file(nodes);
  CHECK(text ==
        "{\n\t\"n1\": {\n\t\t\"name\": \"n1\",\n\t\t\"driver\": \"cmd\",\n\t\t\"params\": {\n"
        "\t\t\t\"cmd\": \"cat\"\n\t\t},\n\t\t\"ondemand\": false,\n\t\t\"Labels\": null\n\t},\n"
        "\t\"n2\": {\n\t\t\"name\": \"n2\",\n\t\t\"driver\": \"ssh\",\n\t\t\"params\": {},\n"
        "\t\t\"ondemand\": true,\n\t\t\"Labels\": {\n\t\t\t\"host\": \"v\"\n\t\t}\n\t}\n}\n");
  const auto all = consoled::read_nodes_file(text);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK(*all->at(0).node == nodes[0]);
  CHECK(*all->at(1).node == nodes[1]);
  CHECK(consoled::nodes_file({}) == "{}\n");
  CHECK(consoled::read_nodes_file("{}\n")->empty());
}

TEST_CASE("nodes: in nodes.json the key is the name") {
  const auto all = consoled::read_nodes_file(
      R"({"a":{"driver":"cmd"},"b":{"name":"c"},"d":{"params":5},"e":[]})");
  REQUIRE(all);
  REQUIRE(all->size() == 4);
  CHECK(all->at(0).node->name == "a");
  CHECK(all->at(1).node.error().what == "its name is \"c\"");
  CHECK_FALSE(all->at(2).node);
  CHECK_FALSE(all->at(3).node);
  CHECK_FALSE(consoled::read_nodes_file("[]"));
  const auto cut = consoled::read_nodes_file("{\"a\":\n{\"name\"");
  REQUIRE_FALSE(cut);
  CHECK(cut.error().what.starts_with("line 2, column "));
}

TEST_CASE("nodes: secrets are not given out, and nothing of a driver that nobody knows") {
  const Node node{"n",
                  "ssh",
                  {{"host", "h"}, {"password", "p"}, {"odd", "o"}, {"idle", "5"}, {"initcmd", "x"}},
                  false,
                  {{"a", "b"}}};
  const Node shown = consoled::redacted(node, help::kind("ssh"));
  CHECK(shown.params == std::map<std::string, std::string>{{"host", "h"},
                                                           {"idle", "5"},
                                                           {"initcmd", "******"},
                                                           {"odd", "******"},
                                                           {"password", "******"}});
  CHECK(shown.labels == node.labels);
  CHECK(consoled::redacted(node, nullptr).params.at("host") == "******");
}
