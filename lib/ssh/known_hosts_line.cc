#include "lib/ssh/known_hosts_line.h"

#include <cctype>

#include "lib/base/cat.h"

namespace ssh {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr uint16_t kPort = 22;

std::string_view word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const std::string_view out = rest.substr(0, rest.find_first_of(kBlanks));
  rest.remove_prefix(out.size());
  return out;
}

char small(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool is_base64(std::string_view text) {
  const size_t end =
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  if (end == std::string_view::npos) return !text.empty() && text.size() % 4 == 0;
  const std::string_view padding = text.substr(end);
  return end > 0 && text.size() % 4 == 0 && (padding == "=" || padding == "==");
}

// Without recursion: after a mismatch the last star takes one character more.
bool glob(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0, star = std::string_view::npos, after = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || small(pattern[p]) == small(name[n]))) {
      p++;
      n++;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++after;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool KnownHostsLine::plain() const {
  return hosts.find_first_of("*?!,|") == std::string::npos;
}

std::optional<KnownHostsLine> parse_known_hosts_line(std::string_view line) {
  KnownHostsLine out;
  std::string_view first = word(line);
  if (first == "@revoked" || first == "@cert-authority") {
    using Marker = KnownHostsLine::Marker;
    out.marker = first == "@revoked" ? Marker::revoked : Marker::authority;
    first = word(line);
  }
  if (first.empty() || first[0] == '#' || first[0] == '@') return {};
  out.hosts = first;
  out.type = word(line);
  out.key = word(line);
  if (!is_base64(out.key)) return {};
  return out;
}

bool hosts_match(std::string_view hosts, std::string_view name) {
  if (hosts.starts_with('|')) return false;
  bool matched = false;
  while (!hosts.empty()) {
    std::string_view one = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(one.size() + 1, hosts.size()));
    const bool negated = one.starts_with('!');
    if (negated) one.remove_prefix(1);
    if (one.empty() || !glob(one, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

std::string known_hosts_name(std::string_view host, uint16_t port) {
  std::string name(host);
  for (char& c : name) c = small(c);
  return port == kPort ? name : base::cat("[", name, "]:", port);
}

std::string known_hosts_text(const KnownHostsLine& line) {
  using Marker = KnownHostsLine::Marker;
  const std::string_view marker = line.marker == Marker::revoked     ? "@revoked "
                                  : line.marker == Marker::authority ? "@cert-authority "
                                                                     : "";
  return base::cat(marker, line.hosts, " ", line.type, " ", line.key);
}

}  // namespace ssh
