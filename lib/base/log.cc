#include "lib/base/log.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace base::log {

namespace {
struct State {
  std::string program = "lineman";
  Level level = Level::info;
  Sink sink;
  bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
};

State& state() {
  static State s;
  return s;
}

bool plain(unsigned char c) {
  return c >= 0x20 && c != 0x7f;
}
}  // namespace

void set_program(std::string_view name) {
  state().program = name;
}
const std::string& program() {
  return state().program;
}
void set_level(Level level) {
  state().level = level;
}
void set_sink(Sink sink) {
  state().sink = std::move(sink);
}

std::string printable(std::string_view bytes) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size());
  for (const char ch : bytes) {
    const auto c = static_cast<unsigned char>(ch);
    if (plain(c)) {
      out += ch;
    } else {
      out += cat("\\x", kHex[c >> 4U], kHex[c & 15U]);
    }
  }
  return out;
}

void write(Level level, std::string_view text) {
  State& s = state();
  if (level > s.level) return;
  const int saved = errno;
  const std::string safe = printable(text);
  if (s.sink) {
    s.sink(level, safe);
  } else {
    std::string line = s.journal ? cat('<', static_cast<int>(level), '>') : std::string();
    line += cat(s.program, ": ", safe, '\n');
    // Nobody is left to tell when stderr is gone.
    static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()) < 0);
  }
  errno = saved;
}

}  // namespace base::log
