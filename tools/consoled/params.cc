#include "tools/consoled/params.h"

#include <algorithm>
#include <array>
#include <limits>

#include "lib/base/args.h"
#include "tools/consoled/breaks.h"

namespace consoled {

using base::Result;

namespace {

constexpr std::array<std::string_view, 6> kTrue = {"true", "yes", "on", "1", "TRUE", "True"};
constexpr std::array<std::string_view, 6> kFalse = {"false", "no", "off", "0", "FALSE", "False"};

// What the console itself reads.
Result<void> check_common(const Node& node) {
  constexpr int64_t kDay = 86'400;
  for (const char* name : {"idle", "idle_answer"}) {
    if (auto good = check_number(node, name, 1, kDay); !good) return good;
  }
  const auto chat = parse_chat(param(node, "initcmd"), kBreakDelay);
  return chat ? Result<void>{} : bad_param(node, "initcmd", chat.error().what);
}

template <class List>
bool one_of(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

const Param* find_param(const DriverKind& kind, std::string_view name) {
  for (const std::span<const Param> all : {kind.params, std::span<const Param>(kCommonParams)}) {
    for (const Param& p : all) {
      if (p.name == name) return &p;
    }
  }
  return nullptr;
}

std::string param(const Node& node, std::string_view name, std::string_view fallback) {
  const auto at = node.params.find(std::string(name));
  return at == node.params.end() || at->second.empty() ? std::string(fallback) : at->second;
}

int64_t number_param(const Node& node, std::string_view name, int64_t fallback) {
  const Result<int64_t> n = base::parse_number(
      param(node, name), std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  return n ? *n : fallback;
}

bool bool_param(const Node& node, std::string_view name, bool fallback) {
  const std::string text = param(node, name);
  return text.empty() ? fallback : one_of(kTrue, text);
}

base::Error bad_param(const Node& node, std::string_view name, std::string_view what) {
  return base::error(base::Errc::bad_input, node.name, ": parameter ", name, ": ", what);
}

Result<void> check_number(const Node& node, std::string_view name, int64_t min, int64_t max) {
  const std::string text = param(node, name);
  if (text.empty()) return {};
  const Result<int64_t> n = base::parse_number(text, min, max);
  if (!n) return bad_param(node, name, n.error().what);
  return {};
}

Result<void> check_bool(const Node& node, std::string_view name) {
  const std::string text = param(node, name);
  if (text.empty() || one_of(kTrue, text) || one_of(kFalse, text)) return {};
  return bad_param(node, name, base::cat("expected true or false, got ", text));
}

Result<void> check_values(const DriverKind& kind, const Node& node) {
  for (const auto& [name, value] : node.params) {
    // A command, a path or a name would end there.
    if (value.find('\0') != std::string::npos) return bad_param(node, name, "has a NUL in it");
  }
  if (auto common = check_common(node); !common || kind.check == nullptr) return common;
  return kind.check(node);
}

}  // namespace consoled
