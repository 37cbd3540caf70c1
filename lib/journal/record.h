// The records of a journal's index: what they say and how they lie in the file. Pure.
//
// Beside NAME.log lies NAME.idx: a header and records, 48 bytes each, little-endian. A record says
// which offset of the stream stands at which position of the file, and when that was written; up to
// the next record both count on together. Positions and offsets drift apart where a marker stands
// in the file in place of lost bytes, or where something else wrote to the file.
//
//   header  "LMINDEX1", epoch, offset and position where the file begins, time, 0, check
//   record  time (us since 1970), offset, position, source's epoch and offset, kind, count, check
//           (16 bits), sample: the first bytes of the chunk, to see that index and file belong
//           together
//   text    40 bytes of the text of the event before it, kind, count, check, 0
//
// A record is written before the bytes that it tells of, so after a crash at most the last ones
// speak of bytes that the file has not.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/journal/options.h"

namespace journal {

inline constexpr size_t kRecordSize = 48;
inline constexpr size_t kTextPiece = 40;
inline constexpr size_t kMostText = 400;  // of an event; the rest is cut

struct Header {
  int64_t epoch = 0;
  uint64_t offset = 0;    // of the first byte after `position`
  uint64_t position = 0;  // bytes before it are nobody's: the file was there before the index
  int64_t time_us = 0;

  bool operator==(const Header&) const = default;
};

struct Record {
  Kind kind = Kind::chunk;
  int64_t time_us = 0;
  uint64_t offset = 0;
  uint64_t position = 0;
  Source source;            // where the source was at `offset`
  std::string_view sample;  // at most 4 bytes; of a decoded record: within what was decoded
  std::string_view text;    // of Kind::text alone, which has nothing else
};

void append_header(const Header& header, std::string& out);
void append_record(const Record& record, std::string& out);
// As many records as the text needs.
void append_text(std::string_view text, std::string& out);

// From the first kRecordSize bytes of `in`; nothing where they are too few, torn or strange.
std::optional<Header> read_header(std::string_view in);
std::optional<Record> read_record(std::string_view in);

}  // namespace journal
