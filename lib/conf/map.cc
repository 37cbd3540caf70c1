#include "lib/conf/map.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "lib/base/cat.h"

namespace conf {

using base::cat;
using base::Duration;

namespace {

constexpr size_t kShown = 40;  // bytes of a wrong value that a message repeats

const Value kNothing;

std::string got(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::list:
      return "a list";
    case Value::Kind::map:
      return "a map";
    default:
      return cat('"', value.text.substr(0, kShown), value.text.size() > kShown ? "...\"" : "\"");
  }
}

std::optional<int64_t> decimal(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.size() > 1 && digits[0] == '0') return {};
  int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size()) return {};
  return n;
}

struct Unit {
  std::string_view name;
  int64_t value;
};

// A number, with a fraction perhaps, and one of the units; in the units' own unit.
std::optional<double> measured(std::string_view text, std::initializer_list<Unit> units) {
  double n = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, n, std::chars_format::fixed);
  if (ec != std::errc() || !std::isfinite(n)) return {};
  std::string_view unit(rest, static_cast<size_t>(end - rest));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  for (const Unit& u : units) {
    if (unit == u.name) return n * static_cast<double>(u.value);
  }
  return {};
}

std::string seconds_text(Duration d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) : cat(ms, "ms");
}

// How many letters must be changed, added or left out, counted up to a small bound.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) row[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = std::exchange(row[j], std::min({change, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

std::string hint(std::string_view name, const std::vector<std::string>& known) {
  std::string_view best;
  size_t least = std::min<size_t>(3, name.size() / 2 + 1);
  for (const std::string& k : known) {
    if (name.size() > 32) break;
    const size_t d = distance(name, k);
    if (d < least) {
      best = k;
      least = d;
    }
  }
  return best.empty() ? "" : cat("; did you mean ", best, "?");
}

}  // namespace

Map::Map(const Value& value, std::string path, Problems& problems)
    : value_(&value), path_(std::move(path)), problems_(&problems) {
  if (value.kind == Value::Kind::map || value.kind == Value::Kind::null) return;
  problems.add(value.at, path_.empty() ? "" : cat(path_, ": "), "expected a map (key: value), got ",
               got(value));
  value_ = &kNothing;
  bad_ = true;
}

std::string Map::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : cat(path_, '.', key);
}

const Value* Map::find(std::string_view key) {
  known_.emplace_back(key);
  for (const Entry& e : value_->map) {
    if (e.key == key) return e.value.kind == Value::Kind::null ? nullptr : &e.value;
  }
  return nullptr;
}

bool Map::has(std::string_view key) const {
  return std::any_of(value_->map.begin(), value_->map.end(), [&](const Entry& e) {
    return e.key == key && e.value.kind != Value::Kind::null;
  });
}

Place Map::at(std::string_view key) const {
  for (const Entry& e : value_->map) {
    if (e.key == key) return e.value.kind == Value::Kind::null ? e.at : e.value.at;
  }
  return value_->at;
}

void Map::wrong(std::string_view key, std::string_view expected) {
  for (const Entry& e : value_->map) {
    if (e.key != key) continue;
    problems_->add(at(key), path_of(key), ": expected ", expected, ", got ", got(e.value));
  }
}

const std::string* Map::scalar(std::string_view key, std::string_view expected) {
  const Value* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->kind == Value::Kind::scalar) return &value->text;
  wrong(key, expected);
  return nullptr;
}

std::optional<std::string> Map::opt_string(std::string_view key) {
  const std::string* text = scalar(key, "a text");
  if (text == nullptr) return {};
  return *text;
}

std::optional<int64_t> Map::opt_int(std::string_view key, int64_t min, int64_t max) {
  const std::string expected = cat("a whole number from ", min, " to ", max);
  const std::string* text = scalar(key, expected);
  if (text == nullptr) return {};
  const auto n = decimal(*text);
  if (n && *n >= min && *n <= max) return n;
  wrong(key, expected);
  return {};
}

std::optional<bool> Map::opt_bool(std::string_view key) {
  const std::string* text = scalar(key, "true or false");
  if (text == nullptr) return {};
  for (const std::string_view yes :
       {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
    if (*text == yes) return true;
  }
  for (const std::string_view no :
       {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
    if (*text == no) return false;
  }
  wrong(key, "true or false");
  return {};
}

std::optional<Duration> Map::opt_seconds(std::string_view key, Duration min, Duration max) {
  const std::string expected =
      cat("seconds from ", seconds_text(min), " to ", seconds_text(max), " (or 500ms, 2m, 1h, 7d)");
  const std::string* text = scalar(key, expected);
  if (text == nullptr) return {};
  const auto ms = measured(
      *text,
      {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}});
  const auto ms_of = [](Duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
  };
  if (ms && *ms >= ms_of(min) && *ms <= ms_of(max)) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(*ms));
  }
  wrong(key, expected);
  return {};
}

std::optional<uint64_t> Map::opt_size(std::string_view key, uint64_t min, uint64_t max) {
  const std::string expected = cat("bytes from ", min, " to ", max, " (or 64K, 16M, 1G)");
  const std::string* text = scalar(key, expected);
  if (text == nullptr) return {};
  constexpr int64_t kK = 1024, kM = kK * kK, kG = kK * kM;
  const auto n = measured(
      *text,
      {{"", 1}, {"k", kK}, {"K", kK}, {"KiB", kK}, {"M", kM}, {"MiB", kM}, {"G", kG}, {"GiB", kG}});
  if (n && *n >= static_cast<double>(min) && *n <= static_cast<double>(max) &&
      *n == std::floor(*n)) {
    return static_cast<uint64_t>(*n);
  }
  wrong(key, expected);
  return {};
}

std::optional<std::string> Map::opt_word(std::string_view key,
                                         std::initializer_list<std::string_view> words) {
  std::string expected;
  for (const std::string_view w : words) expected += cat(expected.empty() ? "" : ", ", w);
  expected.insert(0, words.size() > 1 ? "one of " : "");
  const std::string* text = scalar(key, expected);
  if (text == nullptr) return {};
  if (std::find(words.begin(), words.end(), *text) != words.end()) return *text;
  wrong(key, expected);
  return {};
}

std::optional<std::vector<std::string>> Map::opt_strings(std::string_view key) {
  const Value* value = find(key);
  if (value == nullptr) return {};
  std::vector<std::string> all;
  for (const Value& v : value->list) {
    if (v.kind == Value::Kind::scalar) all.push_back(v.text);
  }
  if (value->kind == Value::Kind::list && all.size() == value->list.size()) return all;
  wrong(key, "a list of texts");
  return {};
}

Map Map::map(std::string_view key) {
  const Value* value = find(key);
  return {value == nullptr ? kNothing : *value, path_of(key), *problems_};
}

std::vector<Map> Map::maps(std::string_view key) {
  std::vector<Map> all;
  const Value* value = find(key);
  if (value == nullptr) return all;
  if (value->kind != Value::Kind::list) {
    wrong(key, "a list");
    return all;
  }
  for (const Value& v : value->list) {
    all.emplace_back(v, cat(path_of(key), '[', all.size(), ']'), *problems_);
  }
  return all;
}

std::string_view Map::text_of(std::string_view key) const {
  for (const Entry& e : value_->map) {
    if (e.key == key) return e.value.text;
  }
  return {};
}

std::vector<std::string> Map::keys() const {
  std::vector<std::string> all;
  for (const Entry& e : value_->map) all.push_back(e.key);
  return all;
}

std::string Map::need_string(std::string_view key) {
  const size_t before = problems_->all().size();
  auto text = opt_string(key);
  if (text) return *text;
  if (!bad_ && problems_->all().size() == before) {
    problems_->add(at(key), path_of(key), ": is missing");
  }
  return {};
}

void Map::end() {
  for (const Entry& e : value_->map) {
    if (std::find(known_.begin(), known_.end(), e.key) != known_.end()) continue;
    problems_->add(e.at, path_of(e.key), ": no such key", hint(e.key, known_));
  }
}

}  // namespace conf
