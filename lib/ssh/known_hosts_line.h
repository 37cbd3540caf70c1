// known_hosts_line: one line of a known_hosts file, as sshd(8) describes it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssh {

struct KnownHostsLine {
  enum class Marker { none, revoked, authority };
  Marker marker = Marker::none;
  std::string hosts;  // names and patterns with commas, or one hashed name
  std::string type;   // "ssh-ed25519"
  std::string key;    // base64

  bool hashed() const { return hosts.starts_with("|1|"); }
  // One name, neither pattern nor hashed.
  bool plain() const;
  bool operator==(const KnownHostsLine&) const = default;
};

// Null: blank, a comment, or nothing that can be understood.
std::optional<KnownHostsLine> parse_known_hosts_line(std::string_view line);

// Whether a list of names and patterns (* ? and ! for "not") means this name; a hashed one does
// not.
bool hosts_match(std::string_view hosts, std::string_view name);

// The name that a host has there: small letters, "[host]:port" when the port is not 22.
std::string known_hosts_name(std::string_view host, uint16_t port);

// The line without its end, as parse_known_hosts_line takes it.
std::string known_hosts_text(const KnownHostsLine& line);

}  // namespace ssh
