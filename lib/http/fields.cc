#include "lib/http/fields.h"

#include <algorithm>

namespace http {

namespace {
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view s) {
  const size_t first = s.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}
}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

void Fields::add(std::string_view name, std::string_view value) {
  all_.push_back({std::string(name), std::string(trimmed(value))});
}

std::string_view Fields::get(std::string_view name) const {
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&](const Field& f) { return same_word(f.name, name); });
  return at == all_.end() ? std::string_view() : at->value;
}

size_t Fields::count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const Field& f) { return same_word(f.name, name); }));
}

bool Fields::has_word(std::string_view name, std::string_view word) const {
  return std::any_of(all_.begin(), all_.end(), [&](const Field& f) {
    if (!same_word(f.name, name)) return false;
    const std::vector<std::string_view> all = words(f.value);
    return std::any_of(all.begin(), all.end(),
                       [&](std::string_view w) { return same_word(w, word); });
  });
}

std::vector<std::string_view> words(std::string_view value) {
  std::vector<std::string_view> out;
  while (!value.empty()) {
    const size_t comma = std::min(value.find(','), value.size());
    if (const std::string_view w = trimmed(value.substr(0, comma)); !w.empty()) out.push_back(w);
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return out;
}

}  // namespace http
