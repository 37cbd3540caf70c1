#include "lib/wire/object.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/base/cat.h"

namespace wire {

using base::cat;

namespace {
constexpr size_t kShown = 40;  // bytes of a wrong value that a message repeats

// What was there instead, in the fewest words that help.
std::string got(const Json& value) {
  if (value.is_structured() || value.is_string()) return std::string(type_name(value));
  return dump(value).substr(0, kShown);
}

// A number as JSON writes it.
std::string text(double value) {
  return dump(Json(value));
}

std::optional<int64_t> as_int(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto u = value.get<uint64_t>();
    if (std::in_range<int64_t>(u)) return static_cast<int64_t>(u);
  } else if (value.is_number_integer()) {
    return value.get<int64_t>();
  }
  return std::nullopt;
}
}  // namespace

Object::Object(const Json& value, std::string path, const Item* item)
    : value_(value), path_(std::move(path)), item_(item) {
  if (value.is_object()) return;
  fail(cat(path_, ": expected an object, got ", got(value)),
       item != nullptr ? item->at : Position{});
}

void Object::fail(std::string message, Position at) {
  if (!note_) note_ = Note{std::move(message), at};
}

Position Object::value_at(std::string_view key) const {
  if (item_ == nullptr) return {};
  const auto place = locate(*item_, key);
  return place ? place->value : item_->at;
}

std::string Object::path_of(std::string_view key) const {
  return cat(path_, '.', key);
}

void Object::wrong(const char* key, std::string_view expected) {
  const auto it = value_.find(key);
  const std::string found = it == value_.end() ? "nothing" : got(*it);
  fail(cat(path_, ": \"", key, "\": expected ", expected, ", got ", found), value_at(key));
}

void Object::missing(const char* key) {
  fail(cat(path_, ": \"", key, "\" is missing"), item_ != nullptr ? item_->at : Position{});
}

const Json* Object::opt_any(const char* key) {
  taken_.emplace_back(key);
  if (!value_.is_object()) return nullptr;
  const auto it = value_.find(key);
  return it == value_.end() ? nullptr : &*it;
}

const Json* Object::find(const char* key) {
  const Json* value = opt_any(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> Object::opt_string(const char* key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  wrong(key, "a string");
  return std::nullopt;
}

std::optional<bool> Object::opt_bool(const char* key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  wrong(key, "true or false");
  return std::nullopt;
}

std::optional<int64_t> Object::opt_int(const char* key, int64_t min, int64_t max) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto number = as_int(*value);
  if (number && *number >= min && *number <= max) return number;
  wrong(key, cat("an integer from ", min, " to ", max));
  return std::nullopt;
}

std::optional<double> Object::opt_number(const char* key, double min, double max) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : min;
  if (value->is_number() && number >= min && number <= max) return number;
  wrong(key, cat("a number from ", text(min), " to ", text(max)));
  return std::nullopt;
}

std::optional<std::vector<std::string>> Object::opt_strings(const char* key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto is_string = [](const Json& v) { return v.is_string(); };
  if (value->is_array() && std::all_of(value->begin(), value->end(), is_string)) {
    return value->get<std::vector<std::string>>();
  }
  wrong(key, "a list of strings");
  return std::nullopt;
}

const Json* Object::opt_object(const char* key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_object()) return value;
  wrong(key, "an object");
  return nullptr;
}

const Json* Object::opt_array(const char* key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_array()) return value;
  wrong(key, "an array");
  return nullptr;
}

// Of a key that is there with a wrong type the first error was told already.
std::string Object::need_string(const char* key) {
  auto value = opt_string(key);
  if (!value) missing(key);
  return std::move(value).value_or(std::string());
}

int64_t Object::need_int(const char* key, int64_t min, int64_t max) {
  const auto value = opt_int(key, min, max);
  if (!value) missing(key);
  return value.value_or(min);
}

double Object::need_number(const char* key, double min, double max) {
  const auto value = opt_number(key, min, max);
  if (!value) missing(key);
  return value.value_or(min);
}

bool Object::need_bool(const char* key) {
  const auto value = opt_bool(key);
  if (!value) missing(key);
  return value.value_or(false);
}

std::vector<std::string> Object::unknown() const {
  std::vector<std::string> names;
  if (!value_.is_object()) return names;
  for (const auto& [key, value] : value_.items()) {
    if (std::find(taken_.begin(), taken_.end(), key) == taken_.end()) names.push_back(key);
  }
  return names;
}

base::Result<void> Object::end() {
  if (ok()) {
    const auto names = unknown();
    if (!names.empty()) {
      const auto place = item_ != nullptr ? locate(*item_, names.front()) : std::nullopt;
      fail(cat(path_, ": unknown key ", quoted_name(names.front())),
           place ? place->key : Position{});
    }
  }
  if (ok()) return {};
  return to_error(*note_);
}

}  // namespace wire
