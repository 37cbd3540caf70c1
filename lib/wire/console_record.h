// ConsoleRecord: one line of a console, or an event, as a JSON line in goconserver's form, which
// its receivers know: the keys in this order, bytes escaped as Go's encoder does it. Pure.
//
//   {"type":"console","message":"hello","node":"n1","date":"2026-11-20T20:37:55.429972Z"}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wire {

struct ConsoleRecord {
  std::string_view type;     // console, event, remain
  std::string_view message;  // any bytes; what is no UTF-8 becomes U+FFFD
  std::string_view node;
  std::string_view date;  // empty: none

  // Ours, behind goconserver's.
  std::string_view event;          // its kind; empty: none
  std::optional<int64_t> epoch;    // of the journal
  std::optional<uint64_t> offset;  // of the first byte
  std::string_view key;            // for a receiver that stores each key once; empty: none
  bool data = false;               // a message that is no UTF-8 comes in "data" besides, in base64
};

// With its LF.
void append_record(const ConsoleRecord& record, std::string& out);

// A JSON string, quotes included, in Go's form: control characters as \u00XX but for \n \r \t, and
// < > & U+2028 U+2029 escaped.
void append_go_string(std::string_view bytes, std::string& out);

}  // namespace wire
