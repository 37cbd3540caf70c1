#include "lib/wire/reader.h"

#include <algorithm>
#include <utility>

#include "lib/base/cat.h"
#include "lib/wire/bytes.h"

namespace wire {

using base::cat;

namespace {
constexpr size_t kKeepBuffer = 4096;  // a larger buffer is given back when it is empty
constexpr std::string_view kMark = "\xef\xbb\xbf";

std::string_view trimmed(std::string_view line) {
  const size_t last = line.find_last_not_of(" \t\r");
  return line.substr(0, last + 1);
}

bool is_literal(std::string_view s) {
  return s == "true" || s == "false" || s == "null";
}
}  // namespace

// --- In and out

bool Reader::holds() const {
  const bool item = state_ == State::token || state_ == State::word || state_ == State::value;
  return item && !dropped_;
}

size_t Reader::kept() const {
  return holds() ? start_ : pos_;
}

void Reader::feed(std::string_view bytes) {
  const size_t used = kept();
  in_.erase(0, used);
  base_ += used;
  pos_ -= used;
  start_ = holds() ? start_ - used : 0;
  comma_ = holds() && comma_ >= used ? comma_ - used : 0;
  in_.append(bytes);
}

std::optional<Item> Reader::next() {
  if (state_ == State::start && !skip_mark()) return std::nullopt;
  while (!ready_ && pos_ < in_.size()) step();
  if (!ready_) check_length();
  if (ended_) at_end();
  if (ready_) return std::exchange(ready_, std::nullopt);
  if (kept() == in_.size() && in_.capacity() > kKeepBuffer) {
    base_ += in_.size();
    pos_ = 0;
    std::string().swap(in_);
  }
  return std::nullopt;
}

// A byte order mark is no part of the first line. False: more bytes are needed to tell.
bool Reader::skip_mark() {
  const std::string_view head = std::string_view(in_).substr(0, kMark.size());
  const bool mark = head == kMark;
  if (!mark && !ended_ && kMark.substr(0, head.size()) == head) return false;
  if (mark) pos_ = line_start_ = kMark.size();
  state_ = State::between;
  return true;
}

void Reader::step() {
  switch (state_) {
    case State::start:
    case State::between:
      return step_between();
    case State::token:
      return step_token();
    case State::word:
      return step_word();
    case State::value:
      return step_value();
    case State::skip:
      return step_skip();
    case State::junk:
      return step_junk();
  }
}

void Reader::emit(Item::Kind kind, std::string text, Position at) {
  ready_ = Item{kind, std::move(text), at, {}};
}

// The current value, or what stands in the place of one, is wrong. It gets one error, and what is
// too long is that first of all: pieces of it may have been thrown away already.
void Reader::refuse(std::string message, Position at) {
  if (!dropped_) {
    const bool long_one = holds() && pos_ - start_ > max_;
    if (long_one) {
      emit(Item::Kind::error, cat("longer than ", max_, " bytes"), at_);
    } else {
      emit(Item::Kind::error, std::move(message), at);
    }
  }
  dropped_ = true;
  quiet_ = true;
  warnings_.clear();
}

void Reader::check_length() {
  if (holds() && pos_ - start_ > max_) refuse({}, at_);
}

void Reader::newline() {
  pos_++;
  line_++;
  line_start_ = base_ + pos_;
  fresh_ = true;
}

void Reader::at_end() {
  while (!ready_ && pos_ == in_.size()) {
    if (state_ == State::token) {
      end_token();
    } else if (state_ == State::word) {
      complete(Item::Kind::word);
    } else if (state_ != State::between) {
      if (state_ == State::value) refuse("the value is not closed", at_);
      end_skip();
      in_array_ = false;
    } else {
      if (in_array_) end_array();
      return;
    }
  }
}

// --- Between values

void Reader::step_between() {
  while (!ready_ && state_ == State::between && pos_ < in_.size()) {
    const char c = in_[pos_];
    const Byte b = kind_of(c);
    if (b == Byte::newline) {
      newline();
    } else if (b == Byte::blank) {
      pos_++;
    } else {
      between(c);
    }
  }
}

void Reader::between(char c) {
  switch (kind_of(c)) {
    case Byte::record:
      if (in_array_) return end_array();
      pos_++;
      return;
    case Byte::comma:
      return between_comma();
    case Byte::close:
      return between_close(c);
    case Byte::open:
      if (c == '[' && (!in_array_ || (after_value_ && column() == 1))) return open_array();
      return begin(State::value);
    case Byte::quote:
      return begin(State::value);
    case Byte::digit:
    case Byte::letter:
      return begin(State::token);
    default:
      refuse(cat("expected a value, got ", shown(c)), here());
      state_ = State::junk;
  }
}

void Reader::between_comma() {
  if (in_array_ && after_value_) {
    comma_open_ = true;
    comma_at_ = here();
  } else if (!quiet_) {
    if (in_array_) {
      emit(Item::Kind::error, "expected a value, got ','", here());
    } else {
      emit(Item::Kind::warning, "a comma between values", here());
    }
    quiet_ = true;
  }
  after_value_ = false;
  fresh_ = false;
  pos_++;
}

void Reader::between_close(char c) {
  if (in_array_ && c == ']') {
    if (comma_open_) emit(Item::Kind::warning, "a comma before ']'", comma_at_);
    in_array_ = comma_open_ = false;
  } else if (!quiet_) {
    emit(Item::Kind::error, cat('\'', c, "' closes nothing"), here());
    quiet_ = true;
  }
  fresh_ = false;
  pos_++;
}

void Reader::open_array() {
  if (in_array_) return end_array();
  in_array_ = true;
  after_value_ = comma_open_ = fresh_ = quiet_ = false;
  array_at_ = here();
  pos_++;
}

void Reader::end_array() {
  emit(Item::Kind::error, "the array is not closed", array_at_);
  in_array_ = comma_open_ = false;
}

void Reader::begin(State state) {
  state_ = state;
  start_ = pos_;
  at_ = here();
  if (in_array_ && after_value_ && !quiet_) warnings_.push_back({"a comma is missing", at_});
  letter_ = kind_of(in_[pos_]) == Byte::letter;
  line_word_ = fresh_ && !in_array_;
  expect_ = Expect::value;
  depth_ = 0;
  objects_ = 0;
  comma_open_ = fresh_ = quiet_ = dropped_ = in_string_ = escaped_ = in_token_ = false;
}

// The bytes from start_ to pos_ are an item.
void Reader::complete(Item::Kind kind) {
  if (holds() && pos_ - start_ > max_) {
    refuse({}, at_);
  } else if (holds()) {
    const std::string_view text = std::string_view(in_).substr(start_, pos_ - start_);
    emit(kind, std::string(kind == Item::Kind::word ? trimmed(text) : text), at_);
    ready_->warnings = std::exchange(warnings_, {});
  }
  end_skip();
}

void Reader::step_token() {
  while (pos_ < in_.size() && !ends_token(in_[pos_])) pos_++;
  if (pos_ < in_.size()) end_token();
}

void Reader::end_token() {
  const std::string_view text = std::string_view(in_).substr(start_, pos_ - start_);
  if (!letter_ || (holds() && is_literal(text))) return complete(Item::Kind::value);
  if (line_word_) {
    state_ = State::word;
    return;
  }
  refuse("expected a value, got a word", at_);
  state_ = State::junk;
}

void Reader::step_word() {
  pos_ = std::min(in_.find('\n', pos_), in_.size());
  if (pos_ < in_.size()) complete(Item::Kind::word);
}

}  // namespace wire
