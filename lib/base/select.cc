#include "lib/base/select.h"

#include <fnmatch.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace base {

namespace {

constexpr size_t kMaxName = 128;
constexpr size_t kMaxPatterns = 100;

using Names = std::vector<std::string>;

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

// What a list has named so far. A name costs the same among ten and ten thousand; a pattern is
// compared with all of them, so there may be so many in a list and no more.
class Choice {
 public:
  explicit Choice(const std::vector<Candidate>& all) : all_(all) {}
  Result<void> add_part(const std::string& part);
  Names take() { return std::move(names_); }

 private:
  Result<void> add_name(const std::string& part);
  const Candidate* find(std::string_view name);
  void add(const Candidate& c) {
    if (seen_.insert(c.name).second) names_.push_back(c.name);
  }
  template <class Match>
  bool add_matching(Match match) {
    bool any = false;
    for (const Candidate& c : all_) {
      if (!match(c)) continue;
      add(c);
      any = true;
    }
    return any;
  }

  const std::vector<Candidate>& all_;
  std::unordered_map<std::string_view, const Candidate*> by_name_;
  std::unordered_set<std::string_view> seen_;
  Names names_;
  size_t patterns_ = 0;
};

const Candidate* Choice::find(std::string_view name) {
  if (by_name_.empty()) {
    for (const Candidate& c : all_) by_name_.emplace(c.name, &c);
  }
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : at->second;
}

Result<void> Choice::add_name(const std::string& part) {
  Names starts;
  for (const Candidate& c : all_) {
    if (c.name.starts_with(part)) starts.push_back(c.name);
  }
  if (starts.empty()) return error(Errc::not_found, part, ": no such name");
  if (starts.size() > 1) return error(Errc::bad_input, part, ": could be ", alternatives(starts));
  add(*find(starts[0]));
  return {};
}

Result<void> Choice::add_part(const std::string& part) {
  if (const Candidate* exact = find(part)) {
    add(*exact);
    return {};
  }
  if (++patterns_ > kMaxPatterns) {
    return error(Errc::too_big, "more than ", kMaxPatterns, " patterns or beginnings in a list");
  }
  bool any = false;
  const size_t equals = part.find('=');
  if (part[0] == '@') {
    const std::string_view group = std::string_view(part).substr(1);
    any = add_matching([&](const Candidate& c) { return in_group(c, group); });
  } else if (equals != std::string::npos) {
    const std::string key = part.substr(0, equals);
    const std::string value = part.substr(equals + 1);
    any = add_matching([&](const Candidate& c) { return has_label(c, key, value); });
  } else if (part.find_first_of("*?[") != std::string::npos) {
    any = add_matching(
        [&](const Candidate& c) { return ::fnmatch(part.c_str(), c.name.c_str(), 0) == 0; });
  } else {
    return add_name(part);
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
  Choice choice(all);
  while (true) {
    const size_t comma = pattern.find(',');
    const std::string part(pattern.substr(0, comma));
    if (part.empty()) return error(Errc::bad_input, "an empty name in the list");
    if (Result<void> r = choice.add_part(part); !r) return r.error();
    if (comma == std::string_view::npos) return choice.take();
    pattern.remove_prefix(comma + 1);
  }
}

}  // namespace base
