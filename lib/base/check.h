// CHECK: for our own bugs only, never for input. It says where and ends the process with abort(),
// so that a supervisor starts it again and a core shows the state.
#pragma once

namespace base {
[[noreturn]] void check_failed(const char* file, int line, const char* what);
}

#define CHECK(cond) \
  static_cast<void>((cond) || (::base::check_failed(__FILE__, __LINE__, #cond), false))
