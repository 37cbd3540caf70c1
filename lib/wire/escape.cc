#include "lib/wire/escape.h"

#include <array>
#include <cstdint>

namespace wire {

namespace {
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 255;

constexpr std::array<uint8_t, 256> make_values() {
  std::array<uint8_t, 256> t{};
  t.fill(kNone);
  for (size_t i = 0; i < kDigits.size(); i++) {
    t[static_cast<unsigned char>(kDigits[i])] = static_cast<uint8_t>(i);
  }
  return t;
}
constexpr std::array<uint8_t, 256> kValues = make_values();

uint32_t byte_at(std::string_view s, size_t i) {
  return i < s.size() ? static_cast<unsigned char>(s[i]) : 0;
}

// How many bytes follow the first one; -1: it cannot be first.
int followers(uint32_t first) {
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 1;
  if (first >= 0xe0 && first <= 0xef) return 2;
  return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

// The bounds of the second byte keep out long forms, surrogates and what is above U+10FFFF.
bool second_fits(uint32_t first, uint32_t second) {
  const uint32_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint32_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

// The length of the character at `i`; 0 when it is none.
size_t char_at(std::string_view s, size_t i) {
  const uint32_t first = byte_at(s, i);
  const int more = followers(first);
  if (more < 0) return 0;
  if (more > 0 && !second_fits(first, byte_at(s, i + 1))) return 0;
  for (size_t k = 2; k <= static_cast<size_t>(more); k++) {
    if ((byte_at(s, i + k) & 0xc0U) != 0x80) return 0;
  }
  return static_cast<size_t>(more) + 1;
}

bool is_control(std::string_view s, size_t i) {
  const uint32_t c = byte_at(s, i);
  if (c < 0x20) return c != '\t' && c != '\n' && c != '\r';
  return c == 0x7f || (c == 0xc2 && byte_at(s, i + 1) < 0xa0);
}

base::Error bad(size_t offset) {
  return base::error(base::Errc::bad_input, "base64: wrong at offset ", offset);
}
}  // namespace

bool valid_utf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = char_at(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

bool is_text(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = char_at(bytes, i);
    if (length == 0 || is_control(bytes, i)) return false;
    i += length;
  }
  return true;
}

Encoded text_or_base64(std::string_view bytes) {
  if (is_text(bytes)) return {false, std::string(bytes)};
  return {true, base64_encode(bytes)};
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t bits =
        byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
    const size_t left = bytes.size() - i;
    out += kDigits[bits >> 18U];
    out += kDigits[bits >> 12U & 63U];
    out += left > 1 ? kDigits[bits >> 6U & 63U] : '=';
    out += left > 2 ? kDigits[bits & 63U] : '=';
  }
  return out;
}

base::Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return bad(text.size());
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const size_t digits = text.size() - padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  uint32_t held = 0;  // how many of the bits are not written yet
  for (size_t i = 0; i < digits; i++) {
    const uint8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kNone) return bad(i);
    bits = bits << 6U | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(static_cast<unsigned char>(bits >> held & 255U));
  }
  if ((bits & ((1U << held) - 1)) != 0) return bad(digits - 1);
  return out;
}

}  // namespace wire
