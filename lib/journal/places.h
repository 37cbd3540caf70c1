// Places: an index as its reader has it: which offset and which time belong to which position of
// the file, and what happened in between. Pure: the bytes of the index come in piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/journal/options.h"
#include "lib/journal/record.h"

namespace journal {

// From this place on, up to the next one.
struct Place {
  Kind kind = Kind::chunk;
  int64_t time_us = 0;
  uint64_t offset = 0;
  uint64_t position = 0;
  Source source;
  std::string text;  // of an event
};

class Places {
 public:
  // The next bytes of the index. How many of them were used: whole records, until one that is torn.
  size_t feed(std::string_view bytes);

  // Nothing: there is no index, or none that can be read.
  const std::optional<Header>& header() const { return header_; }
  // In order of their positions.
  const std::vector<Place>& all() const { return all_; }

  // The place that a position belongs to: of several there, the last. SIZE_MAX: it is before them.
  size_t at_position(uint64_t position) const;
  // The position of this byte of the stream, or of the next one that the file has.
  uint64_t position_of(uint64_t offset) const;
  // Whether a source came up there that goes on where it was at the place before.
  bool resumed(size_t place) const;
  // The position of the first chunk that was written at this time or later; nothing: all are older.
  std::optional<uint64_t> position_since(int64_t time_us) const;

 private:
  std::optional<Header> header_;
  std::vector<Place> all_;
};

}  // namespace journal
