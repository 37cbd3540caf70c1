#include "tools/consoled/node_json.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/base/cat.h"
#include "lib/wire/json.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::cat;
using base::Errc;
using base::Result;
using wire::Json;
using Texts = std::map<std::string, std::string>;

namespace {

constexpr size_t kMaxNodes = 100'000;  // in one request or file

// What Go calls a JSON value.
std::string_view go_kind(const Json& value) {
  if (value.is_boolean()) return "bool";
  if (value.is_string()) return "string";
  if (value.is_number()) return "number";
  return value.is_array() ? "array" : "object";
}

base::Error mismatch(const Json& value, std::string_view into, std::string_view type) {
  return base::error(Errc::bad_input, "json: cannot unmarshal ", go_kind(value), " into Go ", into,
                     " of type ", type);
}

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// The fields of one object, asked for by goconserver's names. Null is the same as nothing.
class Fields {
 public:
  explicit Fields(const Json& value) : value_(value) {}

  void text(std::string_view name, std::string& out);
  void flag(std::string_view name, bool& out);
  void texts(std::string_view name, Texts& out);
  const Result<void>& result() const { return result_; }

 private:
  const Json* find(std::string_view name);
  void fail(base::Error e) {
    if (result_) result_ = std::move(e);
  }
  void mismatched(const Json& value, std::string_view name, std::string_view type) {
    fail(mismatch(value, cat("struct field Node.", name), type));
  }

  const Json& value_;
  Result<void> result_;
};

const Json* Fields::find(std::string_view name) {
  const Json* found = nullptr;
  for (const auto& [key, value] : value_.items()) {
    if (!same_letters(key, name)) continue;
    if (found != nullptr) fail(base::error(Errc::bad_input, "json: ", name, " is there twice"));
    found = &value;
  }
  return found == nullptr || found->is_null() ? nullptr : found;
}

void Fields::text(std::string_view name, std::string& out) {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_string()) return mismatched(*value, name, "string");
  out = value->get<std::string>();
}

void Fields::flag(std::string_view name, bool& out) {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) return mismatched(*value, name, "bool");
  out = value->get<bool>();
}

void Fields::texts(std::string_view name, Texts& out) {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_object()) return mismatched(*value, name, "map[string]string");
  for (const auto& [key, text] : value->items()) {
    if (!text.is_string() && !text.is_null()) return mismatched(text, name, "string");
    out[key] = text.is_null() ? "" : text.get<std::string>();
  }
}

// The value's name, if it can be read at all.
std::string name_in(const Json& value) {
  std::string name;
  if (value.is_object()) Fields(value).text("name", name);
  return name;
}

std::string quoted(const std::string& text) {
  return wire::dump(Json(text));
}

// How Go indents: `level` tabs in front of each line; a negative one: all on one line.
class Writer {
 public:
  explicit Writer(int level) : level_(level) {}

  void node(const Node& node);
  void open(char bracket);
  void close(char bracket);
  void key(const std::string& name);
  std::string take() { return std::move(out_); }

 private:
  void texts(const Texts& texts);
  void newline();

  std::string out_;
  int level_;
  bool first_ = true;
};

void Writer::newline() {
  if (level_ < 0) return;
  out_ += '\n';
  out_.append(static_cast<size_t>(level_), '\t');
}

void Writer::open(char bracket) {
  out_ += bracket;
  if (level_ >= 0) level_++;
  first_ = true;
}

void Writer::close(char bracket) {
  if (level_ >= 0) level_--;
  if (!first_) newline();
  out_ += bracket;
  first_ = false;
}

void Writer::key(const std::string& name) {
  if (!std::exchange(first_, false)) out_ += ',';
  newline();
  out_ += cat(quoted(name), level_ < 0 ? ":" : ": ");
}

void Writer::texts(const Texts& texts) {
  open('{');
  for (const auto& [name, value] : texts) {
    key(name);
    out_ += quoted(value);
  }
  close('}');
}

void Writer::node(const Node& node) {
  open('{');
  key("name");
  out_ += quoted(node.name);
  key("driver");
  out_ += quoted(node.driver);
  key("params");
  texts(node.params);
  key("ondemand");
  out_ += node.ondemand ? "true" : "false";
  key("Labels");
  node.labels.empty() ? static_cast<void>(out_ += "null") : texts(node.labels);
  close('}');
}

}  // namespace

Result<Node> read_node(const Json& value) {
  if (!value.is_object()) return mismatch(value, "value", "storage.Node");
  Node node;
  Fields fields(value);
  fields.text("name", node.name);
  fields.text("driver", node.driver);
  fields.texts("params", node.params);
  fields.flag("ondemand", node.ondemand);
  fields.texts("Labels", node.labels);
  if (!fields.result()) return fields.result().error();
  return node;
}

Result<std::vector<ReadNode>> read_nodes(const Json& value) {
  const Json* list = nullptr;
  if (value.is_object()) {
    for (const auto& [key, nodes] : value.items()) {
      if (same_letters(key, "nodes")) list = &nodes;
    }
  }
  if (!value.is_object()) return mismatch(value, "value", "map[string][]storage.Node");
  std::vector<ReadNode> all;
  if (list == nullptr || list->is_null()) return all;
  if (!list->is_array()) return mismatch(*list, "value", "[]storage.Node");
  if (list->size() > kMaxNodes) {
    return base::error(Errc::too_big, "more than ", kMaxNodes, " nodes at once");
  }
  for (const Json& element : *list) {
    std::string name = name_in(element);
    if (name.empty()) name = cat("nodes[", all.size(), ']');
    all.push_back({std::move(name), read_node(element)});
  }
  return all;
}

Result<std::vector<ReadNode>> read_nodes_file(std::string_view text) {
  const Result<Json> value = wire::parse(text);
  if (!value) return value.error();
  if (!value->is_object()) return mismatch(*value, "value", "map[string]storage.Node");
  std::vector<ReadNode> all;
  for (const auto& [key, element] : value->items()) {
    Result<Node> node = read_node(element);
    if (node && node->name.empty()) node->name = key;
    if (node && node->name != key) {
      node = base::error(Errc::bad_input, "its name is ", wire::quoted_name(node->name));
    }
    all.push_back({key, std::move(node)});
  }
  return all;
}

std::string node_json(const Node& node) {
  Writer writer(-1);
  writer.node(node);
  return writer.take();
}

std::string node_answer(const Node& node, std::string_view state) {
  return cat("{\"StorageNode\":", node_json(node), ",\"State\":", quoted(std::string(state)), "}");
}

std::string nodes_file(std::span<const Node> nodes) {
  Writer writer(0);
  writer.open('{');
  for (const Node& node : nodes) {
    writer.key(node.name);
    writer.node(node);
  }
  writer.close('}');
  return writer.take() + "\n";
}

Node redacted(const Node& node, const DriverKind* kind) {
  Node shown = node;
  for (auto& [name, value] : shown.params) {
    const Param* param = kind == nullptr ? nullptr : find_param(*kind, name);
    if (param == nullptr || param->secret) value = kSecretShown;
  }
  return shown;
}

}  // namespace consoled
