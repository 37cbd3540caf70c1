// Reader: cuts a byte stream into JSON values and bare words. Pure: bytes in, Items out; whatever
// pieces the bytes come in, the Items are the same. One per connection, owned by it.
//
//   reader.feed(bytes);
//   while (auto item = reader.next()) ...
//
// It takes what people send: a value per line, values one after another or over many lines,
// arrays of them (each element is an Item as soon as it is whole, so an array may be endless), a
// comma before a closing bracket (with a warning, and made a blank in the text so that columns
// stay true), RS between values (RFC 7464), CR LF, a byte order mark at the very start. A line
// that begins with a letter and is not JSON is a word.
//
// A bad value costs one error Item and nothing else. What follows it is found again by its
// brackets, and by a line that begins with a bracket in column 1 where none can stand; after a
// bad value of one line also by a word there. The text of
// a value has balanced brackets, at most kMaxDepth deep, and at most kMaxMessage bytes; whether its
// numbers, words and strings are right is for parse() to say.
//
// Memory: what was fed and not yet taken by next(), and the unfinished value; at most 4 KiB while
// idle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/wire/item.h"
#include "lib/wire/limits.h"

namespace wire {

class Reader {
 public:
  // A value or word may have `max` bytes.
  explicit Reader(size_t max = kMaxMessage) : max_(max) {}

  // Copies the bytes. Call next() until it gives nothing before feeding more.
  void feed(std::string_view bytes);
  // No more bytes will come: what is unfinished then becomes a value, a word or an error.
  void finish() { ended_ = true; }
  std::optional<Item> next();
  // For a stream that stops being JSON: the bytes behind the last Item, without the end of its
  // line. The reader is of no use afterwards.
  std::string take_rest();
  // Nothing is half read, nor to be read but blanks: the stream may stop here.
  bool idle() const {
    return state_ <= State::between && !in_array_ &&
           in_.find_first_not_of(" \t\r\n", pos_) == std::string::npos;
  }

 private:
  enum class State : uint8_t { start, between, token, word, value, skip, junk };
  // What the grammar allows next inside a value.
  enum class Expect : uint8_t { value, first_value, next_value, first_key, next_key, colon, after };

  bool skip_mark();
  void step();
  void step_between();
  void step_token();
  void step_word();
  void step_value();
  void step_skip();
  void step_junk();

  void between(char c);
  void between_comma();
  void between_close(char c);
  void open_array();
  void begin(State state);
  void complete(Item::Kind kind);
  void end_token();
  void at_end();

  void in_value(char c);
  bool in_string();
  void value_string();
  void value_open(char c);
  void value_close(char c);
  void value_comma();
  void drop_comma();

  void in_skip(char c);
  void skip_string(char c);
  void skip_open(char c);
  void skip_close(char c);
  void end_skip();
  void end_junk(char c);
  void resync(char c);
  void end_array();

  void emit(Item::Kind kind, std::string text, Position at);
  void refuse(std::string message, Position at);
  void refuse_byte(char c);
  std::string expected() const;
  void check_length();
  void newline();
  Position here() const { return {line_, column()}; }
  size_t column() const { return base_ + pos_ - line_start_ + 1; }
  size_t kept() const;
  bool holds() const;
  bool top_is(char opener) const;
  void push(char opener);
  bool may_open() const;
  bool at_word() const;

  size_t max_;
  std::string in_;         // from the value's first byte on, or from the next byte on
  size_t pos_ = 0;         // the next byte in in_
  size_t start_ = 0;       // the value's first byte in in_, when holds()
  size_t comma_ = 0;       // the last comma inside the value, in in_
  size_t base_ = 0;        // the stream offset of in_[0]
  size_t line_ = 1;        // of the next byte
  size_t line_start_ = 0;  // stream offset of that line's first byte
  size_t depth_ = 0;       // open brackets inside the value
  size_t prev_line_ = 0;   // in skip: the line of the last byte that was not blank
  uint64_t objects_ = 0;   // a bit per level of depth_: an object's
  Position at_;            // of the value's first byte
  Position array_at_;      // of the bracket of the array around it
  Position comma_at_;      // of the last comma
  std::vector<Note> warnings_;
  std::optional<Item> ready_;
  State state_ = State::start;
  Expect expect_ = Expect::value;
  char prev_ = 0;             // in skip: the last byte that was not blank
  bool in_string_ = false;    // inside a string of a value
  bool escaped_ = false;      // after a backslash there
  bool cut_string_ = false;   // in skip: a line ended inside a string
  bool in_token_ = false;     // inside a number or word of a value
  bool letter_ = false;       // the token begins with a letter
  bool line_word_ = false;    // the token is the first on its line, outside of arrays
  bool fresh_ = true;         // only blanks on this line so far
  bool in_array_ = false;     // between the brackets of an outermost array
  bool after_value_ = false;  // in that array: a comma or the end is due
  bool comma_open_ = false;   // in that array: the last thing was a comma
  bool dropped_ = false;      // the value was refused already; its end is looked for
  bool quiet_ = false;        // an error was told and nothing good came since
  bool ended_ = false;
};

}  // namespace wire
