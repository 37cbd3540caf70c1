// Map: takes the keys of one map of a configuration apart, strictly, as wire::Object does with
// JSON; but what is wrong is collected, so that one look at a file finds all of it.
//
//   Map api = root.map("api");
//   config.port = api.opt_int("port", 1, 65535).value_or(12429);
//   api.end();                       // keys that nobody asked for: with the nearest known one
//
// "server.conf:12:3: api.port: expected a whole number from 1 to 65535, got "x"". A key without a
// value (or null, ~) is the same as no key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/conf/yaml.h"

namespace conf {

class Map {
 public:
  // `value` and `problems` outlive this. A null value is an empty map.
  Map(const Value& value, std::string path, Problems& problems);

  std::optional<std::string> opt_string(std::string_view key);
  // Decimal, quoted or not; with a 0 in front it is refused, which YAML would take for octal.
  std::optional<int64_t> opt_int(std::string_view key, int64_t min, int64_t max);
  // true, yes, on; false, no, off.
  std::optional<bool> opt_bool(std::string_view key);
  // 5, 0.5, 500ms, 2m, 1h, 7d; a number alone is seconds.
  std::optional<base::Duration> opt_seconds(std::string_view key, base::Duration min,
                                            base::Duration max);
  // 4096, 64K, 16M, 1G (also KiB ...): bytes.
  std::optional<uint64_t> opt_size(std::string_view key, uint64_t min, uint64_t max);
  std::optional<std::string> opt_word(std::string_view key,
                                      std::initializer_list<std::string_view> words);
  std::optional<std::vector<std::string>> opt_strings(std::string_view key);

  // An empty one where there is none.
  Map map(std::string_view key);
  // A list of maps; their paths are KEY[0], KEY[1] ...
  std::vector<Map> maps(std::string_view key);
  // The text of a key's value, unjudged; "" where there is none. The key is still to be asked for.
  std::string_view text_of(std::string_view key) const;
  // The keys, where the file chooses them; ask for each of them then.
  std::vector<std::string> keys() const;

  // Empty, and the error said, where it is missing.
  std::string need_string(std::string_view key);

  bool has(std::string_view key) const;
  // Of a key's value; of the map itself where it has no such key.
  Place at(std::string_view key) const;
  Place at() const { return value_->at; }
  const std::string& path() const { return path_; }
  std::string path_of(std::string_view key) const;
  // The caller's own judgement on a key's value: `expected` is "one of a, b".
  void wrong(std::string_view key, std::string_view expected);
  void end();

 private:
  const Value* find(std::string_view key);
  const std::string* scalar(std::string_view key, std::string_view expected);

  const Value* value_;
  std::string path_;
  Problems* problems_;
  std::vector<std::string> known_;
  bool bad_ = false;  // it is no map, and that was said
};

}  // namespace conf
