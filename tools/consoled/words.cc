#include "tools/consoled/words.h"

namespace consoled {

using base::Result;

namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

struct Scanner {
  std::string_view line;
  bool backslash;  // quotes
  size_t at = 0;
  std::string word;

  bool more() const { return at < line.size(); }

  // Behind the closing quote; false: there is none.
  bool plain() {
    const size_t end = line.find(line[at], at + 1);
    if (end == std::string_view::npos) return false;
    word.append(line.substr(at + 1, end - at - 1));
    at = end + 1;
    return true;
  }

  // Within double quotes a backslash quotes only what would end them or begin something.
  bool twofold() {
    for (at++; more(); at++) {
      const char c = line[at];
      if (c == '"') {
        at++;
        return true;
      }
      if (c == '\\' && at + 1 < line.size() &&
          std::string_view("\"\\$`").find(line[at + 1]) != std::string_view::npos) {
        at++;
      }
      word += line[at];
    }
    return false;
  }

  // One word, from its first byte on. The column of an open quote, or 0.
  size_t next() {
    word.clear();
    while (more() && !blank(line[at])) {
      const size_t begin = at;
      if (line[at] == '\'' || (line[at] == '"' && !backslash)) {
        if (!plain()) return begin + 1;
      } else if (line[at] == '"') {
        if (!twofold()) return begin + 1;
      } else {
        if (backslash && line[at] == '\\' && at + 1 < line.size()) at++;
        word += line[at++];
      }
    }
    return 0;
  }
};

}  // namespace

Result<std::vector<std::string>> shell_words(std::string_view line, Backslash backslash) {
  std::vector<std::string> out;
  Scanner s{line, backslash == Backslash::quotes, 0, {}};
  for (;;) {
    while (s.more() && blank(s.line[s.at])) s.at++;
    if (!s.more()) return out;
    if (const size_t column = s.next(); column != 0) {
      return base::error(base::Errc::bad_input, "column ", column, ": the quote is not closed");
    }
    out.push_back(s.word);
  }
}

}  // namespace consoled
