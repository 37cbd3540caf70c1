// What each byte is to the reader outside of strings. Used by the reader's own files only.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace wire {

constexpr char kRecord = '\x1e';  // RS

enum class Byte : uint8_t {
  other,
  blank,
  newline,
  record,
  comma,
  colon,
  open,
  close,
  quote,
  digit,
  letter
};

constexpr std::array<Byte, 256> make_table() {
  std::array<Byte, 256> t{};
  for (unsigned c = 'a'; c <= 'z'; c++) t[c] = t[c - 32] = Byte::letter;
  for (unsigned c = '0'; c <= '9'; c++) t[c] = Byte::digit;
  t['-'] = Byte::digit;
  t[' '] = t['\t'] = t['\r'] = Byte::blank;
  t['\n'] = Byte::newline;
  t[0x1e] = Byte::record;
  t[','] = Byte::comma;
  t[':'] = Byte::colon;
  t['{'] = t['['] = Byte::open;
  t['}'] = t[']'] = Byte::close;
  t['"'] = Byte::quote;
  return t;
}
inline constexpr std::array<Byte, 256> kBytes = make_table();

inline Byte kind_of(char c) {
  return kBytes[static_cast<unsigned char>(c)];
}

// A number or a literal goes on until one of JSON's own marks.
inline bool ends_token(char c) {
  const Byte b = kind_of(c);
  return b != Byte::other && b != Byte::digit && b != Byte::letter;
}

inline bool plain_in_string(char c) {
  return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
}

// For messages: "'x'", "the end of the line", "byte 0x80".
std::string shown(char c);

}  // namespace wire
