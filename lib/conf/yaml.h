// yaml: a configuration file as a tree of values that know where they stand. Pure; yaml-cpp is used
// in yaml.cc and nowhere else.
//
// YAML's traps are closed: a key twice is an error, anchors are copied up to a bound, scalars keep
// their text (07 and 1e3 mean what the key that reads them says), and what is too big or too deep
// is refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace conf {

constexpr size_t kMaxFile = size_t{1} << 20;  // bytes
constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxValues = 10'000;  // in all, those that aliases repeat included
constexpr size_t kMaxProblems = 100;   // of one file; later ones go unsaid

// Lines and columns from 1; line 0: not known, or no place in a file.
struct Place {
  size_t line = 0;
  size_t column = 0;
  bool operator==(const Place&) const = default;
};

struct Problem {
  Place at;
  std::string what;
  bool operator==(const Problem&) const = default;
};

// All that is wrong with one file, in the order it was found.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  template <class... Parts>
  void add(Place at, const Parts&... parts) {
    if (all_.size() < kMaxProblems) all_.push_back({at, base::cat(parts...)});
  }
  bool empty() const { return all_.empty(); }
  const std::vector<Problem>& all() const { return all_; }
  const std::string& file() const { return file_; }
  // "server.conf:12:3: api.port: expected ...", by place; `kind` ("warning") before what is wrong.
  std::vector<std::string> lines(std::string_view kind = "") const;

 private:
  std::string file_;
  std::vector<Problem> all_;
};

struct Entry;

struct Value {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Place at;
  std::string text;  // of a scalar
  std::vector<Value> list;
  std::vector<Entry> map;  // in the order of the file; no key is there twice
};

struct Entry {
  std::string key;
  Place at;  // of the key
  Value value;
};

// The document in `text`; a null Value for an empty one. What is wrong is added to `problems`;
// where something can be read all the same (a key is there twice) it is returned, for more to be
// found.
std::optional<Value> parse_yaml(std::string_view text, Problems& problems);

}  // namespace conf
