// The Reader inside a value: the grammar of brackets, keys and commas, and, once something broke
// it, the search for the value's end.
#include <array>
#include <utility>

#include "lib/base/cat.h"
#include "lib/wire/bytes.h"
#include "lib/wire/limits.h"
#include "lib/wire/reader.h"

namespace wire {

using base::cat;

namespace {
constexpr size_t kStackLevels = 64;  // levels whose bracket is known; deeper ones are counted
}

std::string shown(char c) {
  const auto u = static_cast<unsigned char>(c);
  if (c == '\n') return "the end of the line";
  if (u >= 0x20 && u < 0x7f) return cat('\'', c, '\'');
  static constexpr std::string_view kHex = "0123456789abcdef";
  return cat("byte 0x", kHex[u >> 4U], kHex[u & 15U]);
}

void Reader::step_value() {
  while (state_ == State::value && pos_ < in_.size()) {
    if (in_string_) {
      if (!in_string()) return;
    } else if (in_token_) {
      while (pos_ < in_.size() && !ends_token(in_[pos_])) pos_++;
      in_token_ = pos_ == in_.size();
    } else {
      in_value(in_[pos_]);
    }
  }
}

// True: go on. The string may have ended, or been refused.
bool Reader::in_string() {
  if (escaped_ && static_cast<unsigned char>(in_[pos_]) >= 0x20) pos_++;
  escaped_ = false;
  const char* p = in_.data() + pos_;
  const char* end = in_.data() + in_.size();
  while (p != end && plain_in_string(*p)) p++;
  pos_ = static_cast<size_t>(p - in_.data());
  if (p == end) return false;
  if (*p == '\\') {
    escaped_ = true;
    pos_++;
  } else if (*p == '"') {
    in_string_ = false;
    pos_++;
    if (depth_ == 0) complete(Item::Kind::value);
  } else {
    const bool cut = *p == '\n' || *p == '\r';
    refuse(cut ? "the string is not closed on its line" : cat("a string holds ", shown(*p)),
           here());
    prev_ = '"';
    prev_line_ = line_;
    state_ = State::skip;
  }
  return true;
}

void Reader::in_value(char c) {
  switch (kind_of(c)) {
    case Byte::blank:
      pos_++;
      return;
    case Byte::newline:
      return newline();
    case Byte::open:
      return value_open(c);
    case Byte::close:
      return value_close(c);
    case Byte::quote:
      return value_string();
    case Byte::comma:
      return value_comma();
    case Byte::colon:
      if (expect_ != Expect::colon) return refuse_byte(c);
      expect_ = Expect::value;
      pos_++;
      return;
    case Byte::digit:
    case Byte::letter:
      if (expect_ > Expect::next_value) return refuse_byte(c);
      in_token_ = true;
      expect_ = Expect::after;
      return;
    default:
      return refuse_byte(c);
  }
}

void Reader::value_string() {
  if (expect_ >= Expect::colon) return refuse_byte('"');
  const bool key = expect_ == Expect::first_key || expect_ == Expect::next_key;
  expect_ = key ? Expect::colon : Expect::after;
  in_string_ = true;
  pos_++;
}

void Reader::value_open(char c) {
  if (expect_ > Expect::next_value) return refuse_byte(c);
  if (depth_ == kMaxDepth) {
    refuse(cat("more than ", kMaxDepth, " brackets within brackets"), here());
    prev_ = '[';
    prev_line_ = line_;
    state_ = State::skip;
  }
  push(c);
  expect_ = c == '{' ? Expect::first_key : Expect::first_value;
  pos_++;
}

void Reader::value_close(char c) {
  const bool object = c == '}';
  const bool empty = expect_ == (object ? Expect::first_key : Expect::first_value);
  const bool comma = expect_ == (object ? Expect::next_key : Expect::next_value);
  const bool after = expect_ == Expect::after && top_is(object ? '{' : '[');
  if (!empty && !comma && !after) return refuse_byte(c);
  if (comma) drop_comma();
  depth_--;
  expect_ = Expect::after;
  pos_++;
  if (depth_ == 0) complete(Item::Kind::value);
}

void Reader::value_comma() {
  if (expect_ != Expect::after) return refuse_byte(',');
  comma_ = pos_;
  comma_at_ = here();
  expect_ = top_is('{') ? Expect::next_key : Expect::next_value;
  pos_++;
}

// The comma before a closing bracket becomes a blank.
void Reader::drop_comma() {
  if (dropped_) return;
  in_[comma_] = ' ';
  if (warnings_.size() >= kMaxWarnings) return;
  warnings_.push_back({cat("a comma before ", shown(in_[pos_])), comma_at_});
}

bool Reader::top_is(char opener) const {
  const bool object = (objects_ >> (depth_ - 1) & 1U) != 0;
  return object == (opener == '{');
}

void Reader::push(char opener) {
  if (depth_ < kStackLevels) {
    const uint64_t bit = uint64_t{1} << depth_;
    objects_ = opener == '{' ? objects_ | bit : objects_ & ~bit;
  }
  depth_++;
}

// --- After something wrong

std::string Reader::expected() const {
  switch (expect_) {
    case Expect::first_key:
      return "a key or '}'";
    case Expect::next_key:
      return "a key";
    case Expect::colon:
      return "':' after the key";
    case Expect::after:
      return top_is('{') ? "',' or '}'" : "',' or ']'";
    default:
      return "a value";
  }
}

// The byte cannot stand here; it is not consumed, since it may be the first of the next value.
void Reader::refuse_byte(char c) {
  static constexpr std::array<char, 7> kBefore = {':', '[', ',', '{', ',', '"', '"'};
  const Byte b = kind_of(c);
  const bool open = b == Byte::open && column() == 1;
  const bool word = b == Byte::letter && expect_ == Expect::after && at_word();
  if (open || word || b == Byte::record) {
    refuse("the value is not closed", at_);
    return resync(c);
  }
  refuse(cat("expected ", expected(), ", got ", shown(c)), here());
  prev_ = kBefore[static_cast<size_t>(expect_)];
  prev_line_ = line_;
  state_ = State::skip;
}

void Reader::step_skip() {
  while (!ready_ && state_ == State::skip && pos_ < in_.size()) {
    const char c = in_[pos_];
    if (in_string_) {
      skip_string(c);
    } else if (depth_ == 0 && c != kRecord) {
      end_junk(c);
    } else {
      in_skip(c);
    }
  }
}

void Reader::in_skip(char c) {
  const Byte b = kind_of(c);
  if (b == Byte::newline) return newline();
  const bool word = b == Byte::letter && prev_line_ == at_.line && !cut_string_ && at_word();
  if (b == Byte::record || word) return resync(c);
  if (b == Byte::open) return skip_open(c);
  if (b == Byte::close) return skip_close(c);
  if (b != Byte::blank) {
    prev_ = c;
    prev_line_ = line_;
  }
  in_string_ = b == Byte::quote;
  pos_++;
}

// No string goes over a line: what follows is read as if the quote had been there.
void Reader::skip_string(char c) {
  const bool escaped = std::exchange(escaped_, false);
  if (c == '\n' || c == kRecord) {
    in_string_ = false;
    cut_string_ = true;
    return;
  }
  if (!escaped) {
    escaped_ = c == '\\';
    in_string_ = c != '"';
  }
  pos_++;
}

// Whether a bracket may open here, as far as the byte before it tells.
bool Reader::may_open() const {
  if (prev_ == ':' || prev_ == '[') return true;
  return prev_ == ',' && depth_ > 0 && (depth_ > kStackLevels || top_is('['));
}

// Whether a letter here would begin a word, if the value were over.
bool Reader::at_word() const {
  return column() == 1 && (!in_array_ || array_at_.line == at_.line);
}

void Reader::skip_open(char c) {
  const bool one_line = prev_line_ == at_.line;
  if (column() == 1 && (one_line || !may_open())) return resync(c);
  push(c);
  prev_ = c;
  prev_line_ = line_;
  pos_++;
}

// Closes the nearest bracket of its kind; one that closes nothing is passed over, but where the
// array around the value ends with nothing but the value's own bracket missing.
void Reader::skip_close(char c) {
  size_t level = depth_;
  const char opener = c == '}' ? '{' : '[';
  while (level > 0 && level <= kStackLevels &&
         ((objects_ >> (level - 1) & 1U) != 0) != (opener == '{'))
    level--;
  if (level == 0 && in_array_ && c == ']' && depth_ == 1) return end_skip();
  if (level > 0) depth_ = level - 1;
  prev_ = c;
  prev_line_ = line_;
  pos_++;
  if (depth_ == 0) end_skip();
}

void Reader::end_skip() {
  state_ = State::between;
  after_value_ = true;
  cut_string_ = comma_open_ = fresh_ = dropped_ = in_string_ = escaped_ = in_token_ = false;
  warnings_.clear();
}

// A new value begins here. An array that was opened on the bad value's line went bad with it.
void Reader::resync(char c) {
  end_skip();
  fresh_ = true;
  after_value_ = false;
  if (c != '{' || array_at_.line == at_.line) in_array_ = false;
}

// Junk ends with its line, in an array also where the next element can be.
void Reader::step_junk() {
  for (; pos_ < in_.size(); pos_++) {
    const Byte b = kind_of(in_[pos_]);
    const bool line = b == Byte::newline || b == Byte::record;
    if (!line && !(in_array_ && b != Byte::colon && b != Byte::blank && ends_token(in_[pos_])))
      continue;
    return end_junk(in_[pos_]);
  }
}

// An array whose own line ends in junk was no array.
void Reader::end_junk(char c) {
  const bool line = c == '\n' || c == kRecord;
  if (line && array_at_.line == line_) in_array_ = false;
  end_skip();
}

std::string Reader::take_rest() {
  std::string rest = in_.substr(pos_);
  in_.clear();
  pos_ = 0;
  if (rest.starts_with('\r')) rest.erase(0, 1);
  if (rest.starts_with('\n')) rest.erase(0, 1);
  return rest;
}

}  // namespace wire
