// Result<T>: a value or an Error; Result<void>: done or an Error. Member names are those of
// std::expected, which g++ 12 has not in C++20 mode, so that a later switch is mechanical.
//
//   Result<Fd> r = open_file(path);
//   if (!r) return in("open journal", r.error());   // context is added on the way up
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "lib/base/cat.h"

namespace base {

enum class Errc { usage, bad_input, not_found, denied, busy, timeout, closed, too_big, io };

struct Error {
  Errc code = Errc::io;
  int sys = 0;       // errno where the system said no, else 0
  std::string what;  // "open store: /x: No such file or directory"
};

// The Errc that fits an errno.
Errc errc_of(int sys);

// The system's own text for an errno ("No such file or directory").
std::string sys_text(int sys);

// An error of the system: the parts, a colon and the system's reason.
template <class... Parts>
Error sys_error(int sys, const Parts&... parts) {
  return Error{errc_of(sys), sys, cat(parts..., ": ", sys_text(sys))};
}

template <class... Parts>
Error error(Errc code, const Parts&... parts) {
  return Error{code, 0, cat(parts...)};
}

// The same error with what was being done in front of it.
inline Error in(std::string_view doing, Error e) {
  e.what = cat(doing, ": ", e.what);
  return e;
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::move(value)) {}      // NOLINT: implicit, so that `return value;` works
  Result(Error error) : v_(std::move(error)) {}  // NOLINT
  explicit operator bool() const { return v_.index() == 0; }
  T& operator*() { return std::get<0>(v_); }
  const T& operator*() const { return std::get<0>(v_); }
  T* operator->() { return &std::get<0>(v_); }
  const T* operator->() const { return &std::get<0>(v_); }
  Error& error() { return std::get<1>(v_); }
  const Error& error() const { return std::get<1>(v_); }

 private:
  std::variant<T, Error> v_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: implicit, as above
  explicit operator bool() const { return ok_; }
  Error& error() { return error_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace base
