// Prompt: a line that a person types for conctl itself, on a terminal in raw mode: Backspace and ^U
// take back, Enter ends it, ^C gives it up; arrow keys and their like do nothing. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace conctl {

class Prompt {
 public:
  // Takes what is typed, until it is over, out of `bytes`. What the terminal is to show of it.
  std::string take(std::string_view& bytes);
  bool over() const { return over_; }
  // What was typed; nothing: it was given up, or was empty.
  std::optional<std::string> line() const;

 private:
  std::string key(char c);
  std::string take_back();
  bool in_sequence(char c);

  std::string line_;
  char sequence_ = '\0';  // the last byte of a key that sends an escape sequence, while it comes
  bool over_ = false, given_up_ = false, full_ = false;
};

}  // namespace conctl
