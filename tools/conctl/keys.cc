#include "tools/conctl/keys.h"

#include <array>

namespace conctl {

namespace {

struct Row {
  char key;
  Ask ask;
  std::string_view help;
};
constexpr std::array kRows = {
    Row{'.', Ask::leave, "leave"},
    Row{'?', Ask::help, "this text"},
    Row{'a', Ask::write, "type again"},
    Row{'i', Ask::info, "how the console is"},
    Row{'l', Ask::list_breaks, "1 to 9: a break sequence; 0: a BREAK; ?: what they are"},
    Row{'o', Ask::reconnect, "connect the console again, now"},
    Row{'r', Ask::replay, "what was said last"},
    Row{'s', Ask::spy, "only look from now on"},
    Row{'w', Ask::who, "who looks"},
    Row{'z', Ask::suspend, "suspend conctl"},
};

const Row* row_of(char key) {
  for (const Row& r : kRows) {
    if (r.key == key) return &r;
  }
  return nullptr;
}

// A control key as people write it.
char control(char c) {
  return static_cast<char>(static_cast<unsigned char>(c) & 0x1fU);
}

}  // namespace

std::string Keys::help_text() {
  std::string out = "\r\nKeys, each after ^Ec:\r\n";
  for (const Row& r : kRows) {
    out += "  ";
    out += r.key;
    out += "  ";
    out += r.help;
    out += "\r\n";
  }
  return out;
}

std::vector<Typed> Keys::take(std::string_view bytes) {
  std::vector<Typed> out(1);
  const auto found = [&](Ask ask, int number) {
    held_.clear();
    out.back().ask = ask;
    out.back().number = number;
    out.emplace_back();
  };
  for (const char c : bytes) {
    if (held_.size() == 3) {  // ^Ecl
      if (c >= '0' && c <= '9') {
        found(Ask::send_break, c - '0');
        continue;
      }
      if (c == '?') {
        found(Ask::list_breaks, 0);
        continue;
      }
    } else if (held_.size() == 2) {
      const Row* row = row_of(c);
      if (c == 'l') {
        held_ += c;
        continue;
      }
      if (row != nullptr) {
        found(row->ask, 0);
        continue;
      }
    } else if (c == prefix_[held_.size()]) {
      held_ += c;
      continue;
    }
    // It was keys all along; this one may begin anew.
    out.back().keys += held_;
    held_.clear();
    if (c == prefix_[0]) {
      held_ += c;
    } else {
      out.back().keys += c;
    }
  }
  if (out.back().keys.empty()) out.pop_back();
  return out;
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
