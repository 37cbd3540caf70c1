// breaks: the language of break sequences, conserver's: text with pauses and real BREAKs in it.
//
//   \a \b \f \n \r \t \v \\ \^   the characters      ^c ^?   control characters
//   \d                           a pause             \ooo    octal
//   \z                           a BREAK
//
// Anything else stands for itself, so that goconserver's sequences are what they were. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace consoled {

struct Step {
  enum class Kind { text, pause, serial_break } kind = Kind::text;
  std::string text;
  std::chrono::milliseconds pause{0};

  bool operator==(const Step&) const = default;
};
using Steps = std::vector<Step>;

// `delay`: of each \d.
Steps parse_steps(std::string_view text, std::chrono::milliseconds delay);

// What is said when a line comes up (initcmd): wait for a text, then send, and so on, each a word
// in the language above: login: root\r assword: secret\r. Quotes of either kind are for blanks; ''
// waits for nothing.
struct Turn {
  std::string expect;
  Steps send;
};
base::Result<std::vector<Turn>> parse_chat(std::string_view text, std::chrono::milliseconds delay);

// conserver's and goconserver's default for \d.
inline constexpr std::chrono::milliseconds kBreakDelay{250};

}  // namespace consoled
