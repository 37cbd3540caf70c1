#include "tools/conctl/keys.h"

#include <algorithm>
#include <array>
#include <utility>

namespace conctl {

namespace {

struct Row {
  char key;
  Ask ask;
  std::string_view shown, help;
  bool several = false;  // also where there are several consoles
};
constexpr std::array kRows = {
    Row{'.', Ask::leave, ".", "leave", true},
    Row{'?', Ask::help, "?", "these keys", true},
    Row{'l', Ask::send_break, "l1 .. l9", "send a break sequence", true},
    Row{'l', Ask::send_break, "l0", "send a BREAK", true},
    Row{'l', Ask::list_breaks, "l?", "what the sequences are"},
    Row{'r', Ask::replay, "r", "what was said last"},
    Row{'p', Ask::playback, "p", "the last 60 lines"},
    Row{'\x12', Ask::last_line, "^R", "the last line"},
    Row{'w', Ask::who, "w", "who looks"},
    Row{'i', Ask::info, "i", "how the console is"},
    Row{'u', Ask::all, "u", "how all consoles are"},
    Row{'s', Ask::spy, "s", "only look from now on"},
    Row{'a', Ask::write, "a", "type again"},
    Row{'f', Ask::write, "", ""},  // several may type at once: nobody is thrown out
    Row{'d', Ask::down, "d", "take the console's line down"},
    Row{'o', Ask::reconnect, "o", "connect the console again, now"},
    Row{'b', Ask::message, "b", "a word to all who look at this console"},
    Row{'n', Ask::note, "n", "a note into its journal"},
    Row{';', Ask::move, ";", "move to another console"},
    Row{'L', Ask::logging, "L", "about its log, which is always written"},
    Row{'z', Ask::suspend, "z", "suspend this program"},
    Row{'v', Ask::version, "v", "the version"},
    Row{'e', Ask::new_keys, "e and two keys", "use those two from now on", true},
    Row{'\\', Ask::none, "\\ooo", "send the byte with this octal number", true},
    Row{'\r', Ask::none, "Enter, blank", "nothing", true},
    Row{' ', Ask::none, "", "", true},
    // Of conserver. Its users have them in their fingers: the console gets none of it.
    Row{'c', Ask::not_ours, "", "flow control is part of the definition", true},
    Row{'g', Ask::not_ours, "", "there are no groups of consoles that share a process", true},
    Row{'m', Ask::not_ours, "", "there is no message of the day", true},
    Row{'P', Ask::not_ours, "", "p shows 60 lines; \"conctl log -n\" as many as you like", true},
    Row{'R', Ask::not_ours, "", "r shows what there is; \"conctl log -n\" as many as you like",
        true},
    Row{'x', Ask::not_ours, "", "i shows how the line is set", true},
    Row{'!', Ask::not_ours, "", "there are no tasks", true},
    Row{'|', Ask::not_ours, "", "a program reads and types at \"conctl console\" in a pipe", true},
};
constexpr size_t kColumn = 16;

// A control key as people write it.
char control(char c) {
  return static_cast<char>(static_cast<unsigned char>(c) & 0x1fU);
}

std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 ? std::string{'^', static_cast<char>(byte | 0x40U)} : std::string(1, c);
}

}  // namespace

std::string Keys::name() const {
  return shown(prefix_[0]) + shown(prefix_[1]);
}

std::string Keys::help_text(bool several) const {
  std::string out = "Keys, each after " + name() + ":\n";
  for (const Row& r : kRows) {
    if (r.shown.empty() || (several && !r.several)) continue;
    std::string line = "  ";
    line += r.shown;
    line.append(kColumn - std::min(kColumn - 1, r.shown.size()), ' ');
    out += line.append(r.help) + "\n";
  }
  return out;
}

Typed Keys::take(std::string_view& bytes) {
  Typed out;
  while (!bytes.empty() && out.ask == Ask::none) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (std::optional<Typed> t = next(c)) {
      t->keys.insert(0, out.keys);
      out = std::move(*t);
      continue;
    }
    // It was keys all along; this one may begin anew.
    out.keys += std::exchange(held_, {});
    (c == prefix_[0] ? held_ : out.keys) += c;
  }
  return out;
}

// What this key makes of what was held; nothing: no sense.
std::optional<Typed> Keys::next(char c) {
  if (held_.size() < prefix_.size()) {
    if (c != prefix_[held_.size()]) return {};
    held_ += c;
    return Typed{};
  }
  if (held_.size() == prefix_.size()) return command(c);
  switch (held_[prefix_.size()]) {
    case 'l':
      return numbered_break(c);
    case 'e':
      return new_prefix(c);
    default:
      return octal(c);
  }
}

std::optional<Typed> Keys::command(char c) {
  if (c == 'l' || c == 'e' || c == '\\') {
    held_ += c;
    return Typed{};
  }
  for (const Row& r : kRows) {
    if (r.key == c) return done(r.ask, 0, r.ask == Ask::not_ours ? r.help : "");
  }
  return {};
}

std::optional<Typed> Keys::numbered_break(char c) {
  if (c >= '0' && c <= '9') return done(Ask::send_break, c - '0');
  if (c == '?') return done(Ask::list_breaks);
  return {};
}

Typed Keys::new_prefix(char c) {
  held_ += c;
  if (held_.size() < prefix_.size() + 3) return {};
  prefix_ = held_.substr(prefix_.size() + 1);
  return done(Ask::new_keys);
}

std::optional<Typed> Keys::octal(char c) {
  if (c < '0' || c > '7') return {};
  held_ += c;
  if (held_.size() < prefix_.size() + 4) return Typed{};
  unsigned value = 0;
  for (const char digit : held_.substr(prefix_.size() + 1)) {
    value = value * 8 + static_cast<unsigned>(digit - '0');
  }
  held_.clear();
  return Typed{std::string(1, static_cast<char>(value))};
}

Typed Keys::done(Ask ask, int number, std::string_view why) {
  held_.clear();
  return Typed{"", ask, number, why};
}

std::string parse_keys(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool caret = text[0] == '^' && text.size() > 1;
    out += caret ? control(text[1]) : text[0];
    text.remove_prefix(caret ? 2 : 1);
  }
  return out.size() == 2 ? out : "";
}

}  // namespace conctl
