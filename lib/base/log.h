// log: one line to stderr per event, `tool: text`; the only mutable state that is not an object's:
// the sink and the tool's name, both set once in main.
//
// Under systemd (JOURNAL_STREAM set) a line begins with its priority, `<3>`, as sd-daemon(3) says.
// Control bytes are escaped, since much of what is logged came from peers. Never log secrets or
// what people type. Logging keeps errno.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/cat.h"

namespace base::log {

enum class Level { error = 3, warn = 4, info = 6, debug = 7 };  // syslog's numbers

using Sink = std::function<void(Level, std::string_view line)>;

void set_program(std::string_view name);
const std::string& program();

// Lines above `level` are dropped; info by default.
void set_level(Level level);
// Where lines go instead of stderr; null: stderr again. Called on the thread that logs.
void set_sink(Sink sink);

void write(Level level, std::string_view text);

template <class... Parts>
void error(const Parts&... parts) {
  write(Level::error, cat(parts...));
}
template <class... Parts>
void warn(const Parts&... parts) {
  write(Level::warn, cat(parts...));
}
template <class... Parts>
void info(const Parts&... parts) {
  write(Level::info, cat(parts...));
}
template <class... Parts>
void debug(const Parts&... parts) {
  write(Level::debug, cat(parts...));
}

// Control bytes as \xNN, so that one event stays one harmless line.
std::string printable(std::string_view bytes);

}  // namespace base::log
