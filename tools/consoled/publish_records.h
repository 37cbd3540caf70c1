// publish_records: a journal as the records that receivers get: goconserver's, a line of a console
// or an event each. What happens within a line comes before it, and the line whole, as there; a
// line that its console's connection left unfinished ends with that. Pure: pieces of the journal
// in, records out, each with the place behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/journal/lines.h"
#include "lib/journal/reader.h"

namespace consoled {

// A place in a journal: before this byte, behind so many of the events that are there or within the
// line that begins there.
struct Mark {
  int64_t epoch = 0;
  uint64_t offset = 0;
  uint32_t events = 0;

  bool operator==(const Mark&) const = default;
};

// "1795228800000123:4711:0".
std::string mark_text(const Mark& mark);
std::optional<Mark> parse_mark(std::string_view text);

struct PublishedRecord {
  std::string text;  // with its LF
  std::string key;   // where keys were asked for
  Mark after;
};

struct RecordForm {
  bool date = true;     // log_timestamp
  unsigned digits = 6;  // time_precision
  std::string source;   // not empty: records have keys, of this receiver
};

class Records {
 public:
  // goconserver cuts a line that long.
  static constexpr size_t kLongest = 4096;

  Records(std::string node, RecordForm form, const Mark& from);

  void feed(const journal::Item& item, int64_t epoch, std::vector<PublishedRecord>& out);
  // The line that is not complete, once more of type "remain"; it comes again when it is.
  // Nothing: there is none.
  std::optional<std::string> remain() const;
  // Behind the last piece. Records that are still to come may begin before it.
  const Mark& at() const { return at_; }

 private:
  void line(const journal::Line& line, std::vector<PublishedRecord>& out);
  void event(const journal::Item& item, std::vector<PublishedRecord>& out);
  void end_line(std::vector<PublishedRecord>& out);
  void move(uint64_t offset);
  void put(std::string_view type, std::string_view message, int64_t time_us,
           std::vector<PublishedRecord>& out) const;
  std::string date_of(int64_t time_us) const;

  std::string node_;
  RecordForm form_;
  journal::Lines lines_{kLongest};
  uint32_t skip_;  // so many events of the first place were told
  Mark at_;
  uint64_t here_ = 0;       // where the last event was, and how many of those there were seen
  uint32_t told_here_ = 0;  // (with those that were told before `from`)
};

// The text of goconserver's log file: stamps before lines, events between them; what is there
// before `from` was written before.
class StampedText {
 public:
  StampedText(std::string node, bool stamps, const Mark& from);

  // Beginning with the byte before `from`, which tells whether the next one begins a line.
  void feed(journal::Item item, int64_t epoch, std::string& out);
  // Behind the last piece.
  const Mark& at() const { return at_; }

 private:
  void pass(journal::Item& item);
  void event(const journal::Item& item, std::string_view stamp, std::string& out);
  void text(std::string_view left, std::string_view stamp, std::string& out);
  void move(uint64_t offset);

  std::string node_;
  bool stamps_;
  bool within_line_ = false;
  Mark from_, at_;
  uint32_t skip_ = from_.events;  // so many events there were told
};

}  // namespace consoled
