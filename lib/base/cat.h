// cat("line ", 3, ": ", name): text by concatenation, no format strings. Integers are written in
// decimal; characters and views as they are.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace base {

namespace detail {
inline void append(std::string& out, std::string_view v) {
  out += v;
}
inline void append(std::string& out, char c) {
  out += c;
}
template <class T>
requires(std::integral<T> && !std::same_as<T, char>) void append(std::string& out, T v) {
  out += std::to_string(v);
}
}  // namespace detail

template <class... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

}  // namespace base
