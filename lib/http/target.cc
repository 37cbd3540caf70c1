#include "lib/http/target.h"

#include <algorithm>

namespace http {

using base::Errc;
using base::Result;

namespace {
constexpr size_t kMaxQuery = 100;  // pairs

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_control(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

base::Error wrong(std::string_view what) {
  return base::error(Errc::bad_input, "the request's target: ", what);
}

Result<std::string> decode_segment(std::string_view raw) {
  std::optional<std::string> text = percent_decode(raw, false);
  if (!text) return wrong("a % without two hexadecimal digits");
  if (has_control(*text)) return wrong("a control character in the path");
  if (text->find('/') != std::string::npos) return wrong("an encoded / in the path");
  if (*text == "." || *text == "..") return wrong("a . or .. segment in the path");
  return std::move(*text);
}

Result<std::string> decode_path(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    raw.remove_prefix(1);  // the slash
    const std::string_view segment = raw.substr(0, raw.find('/'));
    raw.remove_prefix(segment.size());
    Result<std::string> text = decode_segment(segment);
    if (!text) return text.error();
    out += '/';
    out += *text;
  }
  return out;
}

Result<void> decode_query(std::string_view raw, Target& into) {
  while (!raw.empty()) {
    const std::string_view pair = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(pair.size() + 1, raw.size()));
    if (pair.empty()) continue;
    if (into.query.size() == kMaxQuery) return wrong("too many parameters in the query");
    const size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return wrong("a % without two hexadecimal digits in the query");
    if (name->find('\0') != std::string::npos || value->find('\0') != std::string::npos) {
      return wrong("a NUL in the query");
    }
    into.query.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

// "http://host:port" in front of the path, as a proxy is asked; RFC 9112, 3.2.2 wants it
// understood.
Result<std::string> take_authority(std::string_view& target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    std::string authority(target.substr(0, target.find_first_of("/?")));
    target.remove_prefix(authority.size());
    if (authority.empty()) return wrong("no host");
    return authority;
  }
  return std::string();
}
}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      out += plus && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kPlain = "-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

Result<Target> parse_target(std::string_view target) {
  Target out;
  if (target == "*") return Target{{}, "*", {}};
  Result<std::string> authority = take_authority(target);
  if (!authority) return authority.error();
  out.authority = std::move(*authority);
  if (!out.authority.empty() && (target.empty() || target.front() == '?')) {
    out.path = std::string(1, '/');
  } else if (!target.starts_with('/')) {
    return wrong("does not begin with /");
  }
  if (target.find('#') != std::string_view::npos) return wrong("a fragment");
  const size_t question = std::min(target.find('?'), target.size());
  if (question > 0) {
    Result<std::string> path = decode_path(target.substr(0, question));
    if (!path) return path.error();
    out.path = std::move(*path);
  }
  Result<void> query = decode_query(target.substr(std::min(question + 1, target.size())), out);
  if (!query) return query.error();
  return out;
}

}  // namespace http
