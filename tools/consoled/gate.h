// gate: may this viewer write? Today: who is let in may do everything, unless it only looks. Roles
// per user and console will be decided here and nowhere else. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/peer/who.h"

namespace consoled {

// Who is at the other end of a viewer, and how it came in.
struct Visitor {
  std::string_view face;  // "unix", "control", "console", "web": a constant
  std::string address;    // of a TCP peer, "127.0.0.1:58656"
  peer::Who who;          // of a unix socket's
  std::string user;       // of a certificate or a session; "" where nobody said

  // "127.0.0.1:58656", "alice at 127.0.0.1:58656", or "uid 0, pid 4242": goconserver's list of
  // users has this.
  std::string text() const;
};

// Whether the keys of this visitor reach the console.
bool may_write(const Visitor& visitor, bool readonly);

}  // namespace consoled
