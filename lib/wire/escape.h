// Console bytes on their way into JSON, and base64 (RFC 4648). Consoles speak any bytes: what is
// text goes as text, the rest as base64, and nothing is lost or guessed. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace wire {

// UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view bytes);

// Text: valid UTF-8 without control characters (C0, DEL, C1) other than tab, LF and CR.
bool is_text(std::string_view bytes);

struct Encoded {
  bool base64 = false;  // else the value is the bytes themselves, which are text
  std::string value;
};
Encoded text_or_base64(std::string_view bytes);

// With padding, in one line.
std::string base64_encode(std::string_view bytes);
// Strict: padding is needed, blanks and left-over bits are errors; the error names the offset.
base::Result<std::string> base64_decode(std::string_view text);

}  // namespace wire
