#include "lib/base/select.h"

#include <fnmatch.h>

#include <algorithm>

namespace base {

namespace {

constexpr size_t kMaxName = 128;

using Names = std::vector<std::string>;

void add(Names& out, const std::string& name) {
  if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
}

template <class Match>
bool add_matching(Names& out, const std::vector<Candidate>& all, Match match) {
  bool any = false;
  for (const Candidate& c : all) {
    if (!match(c)) continue;
    add(out, c.name);
    any = true;
  }
  return any;
}

bool in_group(const Candidate& c, std::string_view group) {
  return std::find(c.groups.begin(), c.groups.end(), group) != c.groups.end();
}

bool has_label(const Candidate& c, std::string_view key, std::string_view value) {
  const auto it = c.labels.find(std::string(key));
  return it != c.labels.end() && it->second == value;
}

// "a, b or c"; of many, the first ones and how many more.
std::string alternatives(const Names& names) {
  constexpr size_t kMost = 10;
  const size_t shown = std::min(names.size(), kMost);
  std::string out = names[0];
  for (size_t i = 1; i < shown; i++) {
    const bool last = i + 1 == shown && shown == names.size();
    out += (last ? " or " : ", ") + names[i];
  }
  return shown == names.size() ? out : cat(out, " or ", names.size() - shown, " others");
}

Result<void> add_name(Names& out, const std::vector<Candidate>& all, const std::string& part) {
  if (add_matching(out, all, [&](const Candidate& c) { return c.name == part; })) return {};
  Names starts;
  add_matching(starts, all, [&](const Candidate& c) { return c.name.starts_with(part); });
  if (starts.empty()) return error(Errc::not_found, part, ": no such name");
  if (starts.size() > 1) return error(Errc::bad_input, part, ": could be ", alternatives(starts));
  add(out, starts[0]);
  return {};
}

Result<void> add_part(Names& out, const std::vector<Candidate>& all, const std::string& part) {
  bool any = false;
  const size_t equals = part.find('=');
  if (part[0] == '@') {
    const std::string_view group = std::string_view(part).substr(1);
    any = add_matching(out, all, [&](const Candidate& c) { return in_group(c, group); });
  } else if (equals != std::string::npos) {
    const std::string key = part.substr(0, equals);
    const std::string value = part.substr(equals + 1);
    any = add_matching(out, all, [&](const Candidate& c) { return has_label(c, key, value); });
  } else if (part.find_first_of("*?[") != std::string::npos) {
    any = add_matching(out, all, [&](const Candidate& c) {
      return ::fnmatch(part.c_str(), c.name.c_str(), 0) == 0;
    });
  } else {
    return add_name(out, all, part);
  }
  if (!any) return error(Errc::not_found, part, ": nothing matches");
  return {};
}

}  // namespace

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || name[0] == '.' || name[0] == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Result<std::vector<std::string>> select(std::string_view pattern,
                                        const std::vector<Candidate>& all) {
  Names out;
  while (true) {
    const size_t comma = pattern.find(',');
    const std::string part(pattern.substr(0, comma));
    if (part.empty()) return error(Errc::bad_input, "an empty name in the list");
    if (Result<void> r = add_part(out, all, part); !r) return r.error();
    if (comma == std::string_view::npos) return out;
    pattern.remove_prefix(comma + 1);
  }
}

}  // namespace base
