// Object: takes the keys of one JSON object apart, strictly, for commands and configuration.
//
//   Object o(json, "resize", &item);
//   const int64_t rows = o.need_int("rows", 1, 500);
//   const bool all = o.opt_bool("all").value_or(false);
//   if (auto done = o.end(); !done) return done.error();
//
// The first thing that is wrong is kept and told by end(), with its path and type and, when the
// item is known, its line and column: `resize: "rows": expected an integer from 1 to 500, got 1.5`.
// After it the need_ functions give empty values, so use none before end() was asked. A null is
// the same as no key. Keys that nobody asked for are errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/result.h"
#include "lib/wire/item.h"
#include "lib/wire/json.h"

namespace wire {

class Object {
 public:
  // `value` and `item` (its text, or null) must outlive this; `path` is what errors begin with.
  Object(const Json& value, std::string path, const Item* item = nullptr);

  std::string need_string(const char* key);
  int64_t need_int(const char* key, int64_t min, int64_t max);
  double need_number(const char* key, double min, double max);
  bool need_bool(const char* key);

  std::optional<std::string> opt_string(const char* key);
  std::optional<int64_t> opt_int(const char* key, int64_t min, int64_t max);
  std::optional<double> opt_number(const char* key, double min, double max);
  std::optional<bool> opt_bool(const char* key);
  // A list of strings.
  std::optional<std::vector<std::string>> opt_strings(const char* key);
  // Null where there is none. For an Object or a loop over it; the path of that is path_of(key).
  const Json* opt_object(const char* key);
  const Json* opt_array(const char* key);
  const Json* opt_any(const char* key);  // a "ref" may be anything, also null
  std::string path_of(std::string_view key) const;

  // The caller's own judgement on a key's value: `expected` is "one of a, b".
  void wrong(const char* key, std::string_view expected);
  // Lets keys pass that nobody asked for (messages keep them); their names, for warnings.
  std::vector<std::string> unknown() const;

  bool ok() const { return !note_.has_value(); }
  // Done, or the first error; unknown keys are the last to be looked for.
  base::Result<void> end();
  // The error of end() in parts.
  const std::optional<Note>& note() const { return note_; }

 private:
  const Json* find(const char* key);
  void missing(const char* key);
  void fail(std::string message, Position at);
  Position value_at(std::string_view key) const;

  const Json& value_;
  std::string path_;
  const Item* item_;
  std::vector<std::string_view> taken_;
  std::optional<Note> note_;
};

}  // namespace wire
