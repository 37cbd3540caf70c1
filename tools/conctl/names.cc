#include "tools/conctl/names.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "lib/base/select.h"
#include "lib/wire/json.h"

namespace conctl {

using base::Errc;
using base::Result;
using wire::Json;

namespace {

void add_labels(base::Candidate& c, const Json& console) {
  const auto labels = console.find("labels");
  if (labels == console.end() || !labels->is_object()) return;
  for (const auto& [key, value] : labels->items()) {
    if (value.is_string()) c.labels[key] = value.get<std::string>();
  }
  const auto group = c.labels.find("group");
  if (group != c.labels.end()) c.groups = {group->second};
}

std::string joined(const std::vector<std::string>& patterns) {
  std::string out;
  for (const std::string& p : patterns) out += (out.empty() ? "" : ",") + p;
  return out;
}

}  // namespace

bool no_such_route(const base::Error& error) {
  return error.what.ends_with("404 page not found");
}

Result<std::vector<Json>> get_list(Server& server, std::string_view path, const char* key) {
  const Result<http::Answer> answer = server.call("GET", path);
  if (!answer) return answer.error();
  if (answer->status != 200) return refusal(*answer);
  const Result<Json> body = wire::parse(answer->body);
  if (!body) return body.error();
  if (!body->is_object() || !body->contains(key) || !body->at(key).is_array()) {
    return base::error(Errc::bad_input, "an answer without ", key, ": is this a consoled?");
  }
  return std::vector<Json>(body->at(key).begin(), body->at(key).end());
}

Result<std::vector<Json>> all_nodes(Server& server) {
  Result<std::vector<Json>> nodes = get_list(server, "/nodes", "nodes");
  if (!nodes) return nodes;
  std::sort(nodes->begin(), nodes->end(),
            [](const Json& a, const Json& b) { return text_of(a, "name") < text_of(b, "name"); });
  return nodes;
}

Result<std::vector<Json>> nodes_of(Server& server, const std::vector<std::string>& patterns) {
  Result<std::vector<Json>> all = all_nodes(server);
  if (!all || patterns.empty()) return all;
  std::map<std::string, base::Candidate> candidates;
  for (const Json& node : *all) candidates[text_of(node, "name")].name = text_of(node, "name");
  // A goconserver has no such list, and its consoles no labels that could be asked for.
  if (const auto consoles = get_list(server, "/v1/consoles", "consoles")) {
    for (const Json& console : *consoles) {
      const auto at = candidates.find(text_of(console, "console"));
      if (at != candidates.end()) add_labels(at->second, console);
    }
  }
  std::vector<base::Candidate> list;
  list.reserve(candidates.size());
  for (const auto& [name, candidate] : candidates) list.push_back(candidate);
  const auto names = base::select(joined(patterns), list);
  if (!names) return names.error();
  std::vector<Json> out;
  for (const std::string& name : *names) {
    const auto at = std::find_if(all->begin(), all->end(),
                                 [&](const Json& n) { return text_of(n, "name") == name; });
    if (at != all->end()) out.push_back(*at);
  }
  return out;
}

Result<std::vector<std::string>> names_of(Server& server,
                                          const std::vector<std::string>& patterns) {
  const Result<std::vector<Json>> nodes = nodes_of(server, patterns);
  if (!nodes) return nodes.error();
  std::vector<std::string> out;
  for (const Json& node : *nodes) out.push_back(text_of(node, "name"));
  return out;
}

}  // namespace conctl
