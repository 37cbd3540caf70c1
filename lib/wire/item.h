// Item: what the reader found in a stream, in the order of the stream, with its place.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace wire {

// A place in the stream: lines from 1, columns in bytes from 1. Line 0: not known.
struct Position {
  size_t line = 0;
  size_t column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// Something to tell a person about one place.
struct Note {
  std::string message;
  Position at;
  friend bool operator==(const Note&, const Note&) = default;
};

struct Item {
  enum class Kind {
    value,    // text: one JSON value, not parsed yet
    word,     // text: a line that is no JSON, blanks around it taken off ("status")
    error,    // text: why something was skipped
    warning,  // text: an oddity between values, which cost nothing; needs no answer
  };
  Kind kind = Kind::value;
  std::string text;
  Position at;                 // of the first byte of a value or word; of what is wrong
  std::vector<Note> warnings;  // of a value
  friend bool operator==(const Item&, const Item&) = default;
};

// The same as an Error for people: "line 3, column 14: expected ':'", without a place where the
// line is 0.
inline base::Error to_error(const Note& note) {
  if (note.at.line == 0) return base::error(base::Errc::bad_input, note.message);
  return base::error(base::Errc::bad_input, "line ", note.at.line, ", column ", note.at.column,
                     ": ", note.message);
}

}  // namespace wire
