// Reply: one answer of Redis (RESP2), as a value. Bytes are any bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redis {

struct Reply {
  enum class Kind { nil, status, error, integer, text, list };
  Kind kind = Kind::nil;
  int64_t integer = 0;
  std::string text;          // of text, status and error
  std::vector<Reply> items;  // of a list

  bool is_nil() const { return kind == Kind::nil; }
  bool is_error() const { return kind == Kind::error; }
  // The first word of an error: "NOSCRIPT", "OOM", "READONLY" ...; else empty.
  std::string_view error_word() const {
    return is_error() ? std::string_view(text).substr(0, text.find(' ')) : std::string_view();
  }
};

}  // namespace redis
