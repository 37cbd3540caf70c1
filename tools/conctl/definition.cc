#include "tools/conctl/definition.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace conctl {

using base::Errc;
using base::Result;
using nlohmann::json;

namespace {

struct Pair {
  std::string key, value;
};

Result<Pair> pair_of(std::string_view word, std::string_view where) {
  const size_t equals = word.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return base::error(Errc::usage, where, ": expected KEY=VALUE, got ", word);
  }
  return Pair{std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))};
}

Result<void> add(std::map<std::string, std::string>& to, std::string_view word,
                 std::string_view where) {
  Result<Pair> p = pair_of(word, where);
  if (!p) return p.error();
  to[p->key] = p->value;
  return {};
}

// Go's ParseBool.
std::optional<bool> bool_of(std::string_view text) {
  for (const std::string_view t : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == t) return true;
  }
  for (const std::string_view f : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == f) return false;
  }
  return {};
}

Result<void> attribute(Definition& d, std::string_view word) {
  const Result<Pair> p = pair_of(word, "create and edit");
  if (!p) return p.error();
  if (p->key == "driver") {
    d.driver = p->value;
    return {};
  }
  if (p->key != "ondemand") {
    return base::error(Errc::usage, p->key,
                       "=: expected driver= or ondemand=; a parameter is "
                       "given with --param, a label with --label");
  }
  d.ondemand = bool_of(p->value);
  if (!d.ondemand) return base::error(Errc::usage, "ondemand=: expected true or false");
  return {};
}

void merge(json& object, const std::map<std::string, std::string>& changes) {
  if (!object.is_object()) object = json::object();
  for (const auto& [key, value] : changes) {
    if (value.empty()) {
      object.erase(key);
    } else {
      object[key] = value;
    }
  }
}

}  // namespace

Result<Definition> read_definition(const base::Args& args) {
  Definition d;
  for (size_t i = 1; i < args.operands().size(); i++) {
    if (Result<void> r = attribute(d, args.operands()[i]); !r) return r.error();
  }
  for (const std::string& list : args.values("params")) {
    for (std::string_view rest = list; !rest.empty();) {
      const size_t end = std::min(rest.find(','), rest.size());
      if (Result<void> r = add(d.params, rest.substr(0, end), "--params"); !r) return r.error();
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  for (const std::string& word : args.values("param")) {
    if (Result<void> r = add(d.params, word, "--param"); !r) return r.error();
  }
  for (const std::string& word : args.values("label")) {
    if (Result<void> r = add(d.labels, word, "--label"); !r) return r.error();
  }
  return d;
}

json apply(const Definition& definition, const std::string& name, const json& base) {
  json node = json::object();
  node["name"] = name;
  node["driver"] = definition.driver.value_or(base.value("driver", ""));
  node["ondemand"] = definition.ondemand.value_or(base.value("ondemand", false));
  json params = base.contains("params") ? base.at("params") : json::object();
  merge(params, definition.params);
  node["params"] = params;
  json labels = base.contains("Labels")   ? base.at("Labels")
                : base.contains("labels") ? base.at("labels")
                                          : json();
  merge(labels, definition.labels);
  if (!labels.empty()) node["labels"] = labels;
  return node;
}

}  // namespace conctl
