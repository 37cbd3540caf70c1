// What was read as a node is written and read again as the same; a broken element costs nothing
// but itself; a hidden secret is nowhere in what is given out.
// with: tools/consoled/node_json.cc tools/consoled/params.cc tools/consoled/breaks.cc
// with: tools/consoled/words.cc
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/base/select.h"
#include "lib/wire/json.h"
#include "tests/fuzz/target.h"
#include "tests/unit/consoled_help.h"
#include "tools/consoled/node_json.h"

using consoled::Node;
using consoled::ReadNode;

namespace {

void stays_itself(const Node& node) {
  const auto value = wire::parse(consoled::node_json(node));
  fuzz_expect(bool(value));
  const auto again = consoled::read_node(*value);
  fuzz_expect(again && *again == node);
  fuzz_expect(bool(wire::parse(consoled::node_answer(node, "connected"))));
  const Node shown = consoled::redacted(node, help::kind("ssh"));
  const auto secret = shown.params.find("password");
  fuzz_expect(secret == shown.params.end() || secret->second == consoled::kSecretShown);
}

void check_file(const std::vector<ReadNode>& all) {
  std::vector<Node> nodes;
  for (const ReadNode& r : all) {
    fuzz_expect(r.node || !r.node.error().what.empty());
    if (r.node) stays_itself(*r.node);
    if (r.node) nodes.push_back(*r.node);
  }
  const auto again = consoled::read_nodes_file(consoled::nodes_file(nodes));
  fuzz_expect(again && again->size() == nodes.size());
  for (size_t i = 0; i < nodes.size(); i++) {
    fuzz_expect((*again)[i].node && *(*again)[i].node == nodes[i]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  if (const auto all = consoled::read_nodes_file(in)) check_file(*all);
  const auto value = wire::parse(in);
  if (!value) return 0;
  if (const auto node = consoled::read_node(*value)) stays_itself(*node);
  if (const auto all = consoled::read_nodes(*value)) {
    for (const ReadNode& r : *all) {
      fuzz_expect(!r.label.empty());
      if (r.node) stays_itself(*r.node);
    }
  }
  return 0;
}
