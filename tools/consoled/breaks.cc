#include "tools/consoled/breaks.h"

#include <optional>

#include "tools/consoled/words.h"

namespace consoled {

namespace {

// What one element of the language is: a character, a pause, a BREAK.
struct Element {
  Step::Kind kind = Step::Kind::text;
  char c = 0;
};

// The octal number at the front: at most three digits, at most 377.
std::optional<char> take_octal(std::string_view& text) {
  int value = 0;
  size_t n = 0;
  for (; n < 3 && n < text.size() && text[n] >= '0' && text[n] <= '7'; n++) {
    const int more = value * 8 + (text[n] - '0');
    if (more > 0377) break;
    value = more;
  }
  if (n == 0) return {};
  text.remove_prefix(n);
  return static_cast<char>(value);
}

std::optional<Element> take_backslash(std::string_view& text) {
  if (const auto c = take_octal(text)) return Element{Step::Kind::text, *c};
  constexpr std::string_view kLetters = "abfnrtv\\^";
  constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\^";
  const char c = text.empty() ? '\0' : text.front();
  const size_t at = c == '\0' ? std::string_view::npos : kLetters.find(c);
  if (at == std::string_view::npos && c != 'd' && c != 'z') return {};
  text.remove_prefix(1);
  if (c == 'd') return Element{Step::Kind::pause};
  if (c == 'z') return Element{Step::Kind::serial_break};
  return Element{Step::Kind::text, kMeant[at]};
}

std::optional<Element> take_control(std::string_view& text) {
  const char c = text.empty() ? '\0' : text.front();
  if (c != '?' && (c < '@' || c > 'z' || c == '`')) return {};
  text.remove_prefix(1);
  return Element{Step::Kind::text, c == '?' ? '\x7f' : static_cast<char>(c & 0x1f)};
}

Element take(std::string_view& text) {
  const char c = text.front();
  text.remove_prefix(1);
  std::optional<Element> e;
  if (c == '\\') e = take_backslash(text);
  if (c == '^') e = take_control(text);
  return e.value_or(Element{Step::Kind::text, c});
}

}  // namespace

Steps parse_steps(std::string_view text, std::chrono::milliseconds delay) {
  Steps steps;
  while (!text.empty()) {
    const Element e = take(text);
    if (e.kind != Step::Kind::text) {
      steps.push_back({e.kind, {}, e.kind == Step::Kind::pause ? delay : decltype(delay){}});
      continue;
    }
    if (steps.empty() || steps.back().kind != Step::Kind::text) steps.push_back({});
    steps.back().text += e.c;
  }
  return steps;
}

base::Result<std::vector<Turn>> parse_chat(std::string_view text, std::chrono::milliseconds delay) {
  const auto words = shell_words(text, Backslash::stays);
  if (!words) return words.error();
  std::vector<Turn> turns;
  for (size_t i = 0; i < words->size(); i++) {
    if (i % 2 != 0) {
      turns.back().send = parse_steps((*words)[i], delay);
      continue;
    }
    Turn turn;
    for (const Step& s : parse_steps((*words)[i], delay)) turn.expect += s.text;
    turns.push_back(std::move(turn));
  }
  return turns;
}

}  // namespace consoled
