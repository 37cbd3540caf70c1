#include "tools/conctl/prompt.h"

namespace conctl {

namespace {

constexpr size_t kLongest = 350;         // bytes; consoled takes no more
constexpr size_t kLongestCharacter = 4;  // in UTF-8
constexpr char kInterrupt = 0x03, kBackspace = 0x08, kKillLine = 0x15, kEscape = 0x1b,
               kDelete = 0x7f;

// A byte of a character of UTF-8 that is not its first.
bool goes_on(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

}  // namespace

std::string Prompt::take(std::string_view& bytes) {
  std::string shown;
  while (!bytes.empty() && !over_) {
    shown += key(bytes.front());
    bytes.remove_prefix(1);
  }
  return shown;
}

std::optional<std::string> Prompt::line() const {
  if (given_up_ || line_.empty()) return {};
  return line_;
}

// ECMA-48, 5.4: ESC [ and on until a final byte; ESC O and one byte.
bool Prompt::in_sequence(char c) {
  const char before = sequence_;
  const bool introduces = before == kEscape && (c == '[' || c == 'O');
  const bool goes_on = before == '[' && (c < 0x40 || c == kDelete);
  sequence_ = introduces || c == kEscape ? c : goes_on ? before : '\0';
  return sequence_ != '\0' || before == '[' || before == 'O';
}

std::string Prompt::key(char c) {
  if (in_sequence(c)) return "";
  if (c == '\r' || c == '\n' || c == kInterrupt) {
    over_ = true;
    given_up_ = c == kInterrupt;
    return "\r\n";
  }
  if (c == kBackspace || c == kDelete) return take_back();
  if (c == kKillLine) {
    std::string shown;
    while (!line_.empty()) shown += take_back();
    return shown;
  }
  if (static_cast<unsigned char>(c) < 0x20) return "";
  // A character is taken whole or not at all.
  if (!goes_on(c)) full_ = line_.size() + kLongestCharacter > kLongest;
  if (full_) return "";
  line_ += c;
  return std::string(1, c);
}

std::string Prompt::take_back() {
  if (line_.empty()) return "";
  while (line_.size() > 1 && goes_on(line_.back())) line_.pop_back();
  line_.pop_back();
  return "\b \b";
}

}  // namespace conctl
