// Lines: the pieces of a journal as lines, each with the time and the offset of its first byte.
// Pure. Lines of any length: what is longer than the bound comes as several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lib/journal/reader.h"

namespace journal {

struct Line {
  Item::What what = Item::What::bytes;
  Kind kind = Kind::chunk;  // of an event
  std::string_view text;    // without its LF; until the call returns
  int64_t time_us = 0;
  bool numbered = false;
  uint64_t offset = 0;
  bool ended = true;  // an LF follows; false: it goes on, was interrupted, or is not yet complete
};

class Lines {
 public:
  static constexpr size_t kBound = 65536;
  // False: enough, the rest of the item is not wanted.
  using Take = std::function<bool(const Line&)>;

  explicit Lines(size_t bound = kBound) : bound_(bound) {}

  bool feed(const Item& item, const Take& take);
  // The unfinished line, if there is one.
  bool flush(const Take& take);
  bool pending() const { return !rest_.empty(); }
  std::string_view rest() const { return rest_; }
  int64_t since() const { return first_.time_us; }  // of it
  // Where it begins, if that is known.
  std::optional<uint64_t> from() const {
    return pending() && first_.numbered ? std::optional(first_.offset) : std::nullopt;
  }

 private:
  bool bytes(Item item, const Take& take);
  bool give(std::string_view text, bool ended, const Item& at, const Take& take);

  size_t bound_;
  std::string rest_;
  Item first_;  // where rest_ began
};

}  // namespace journal
