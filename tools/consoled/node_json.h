// node_json: nodes as goconserver writes and reads them, and its texts for what is wrong with them.
// Pure.
//
//   {"name":"n1","driver":"cmd","params":{"cmd":"cat"},"ondemand":false,"Labels":null}
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/result.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/node.h"

namespace consoled {

// What stands in place of a secret in all that is given out. As a parameter that comes in it means
// "what it was"; where it was nothing, the node is refused.
inline constexpr std::string_view kSecretShown = "******";

// One node object: keys in any letter case, unknown ones ignored, params and labels strings only.
// bad_input has goconserver's words: "json: cannot unmarshal bool into Go struct field Node.params
// of type string" (its status is 422).
base::Result<Node> read_node(const nlohmann::json& value);

// The elements of `{"nodes":[...]}`, each a node or its own error; `label` is the element's name,
// or "nodes[I]" where it has none. An error of the whole: it is no such object.
struct ReadNode {
  std::string label;
  base::Result<Node> node;
};
base::Result<std::vector<ReadNode>> read_nodes(const nlohmann::json& value);

// nodes.json: `{"NAME":{node}, ...}`. A name that the object lacks is its key's; another one than
// its key's is an error of that element.
base::Result<std::vector<ReadNode>> read_nodes_file(std::string_view text);

// The object in one line.
std::string node_json(const Node& node);
// `{"StorageNode":{node},"State":"connected"}`
std::string node_answer(const Node& node, std::string_view state);
// nodes.json as goconserver writes it: indented with tabs.
std::string nodes_file(std::span<const Node> nodes);

// The node with its secrets hidden, for all that leaves the daemon. Null: the driver is not known,
// and all of its parameters are hidden.
Node redacted(const Node& node, const DriverKind* kind);

}  // namespace consoled
