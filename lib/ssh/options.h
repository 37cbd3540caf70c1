// options: whom to connect to, as whom, and what is allowed. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/result.h"

struct ssh_session_struct;

namespace ssh {

// accept_new: a host's first key is remembered, and any other refused from then on.
enum class HostKeyCheck { strict, accept_new, off };

// How to prove who we are; what is empty is not tried. Tried in this order: private key, password,
// keyboard-interactive (with the password, where the host takes it in no other way), agent.
struct Credentials {
  std::string user;
  std::string password;
  std::string password_file;  // read at each login, when `password` is empty
  std::string private_key;    // a file
  std::string passphrase_file;
  std::string agent;  // the socket of an ssh-agent
};

// Lists of names with commas. Empty: what is held to be safe today; "+a,b": these besides; "a,b":
// these alone; "-a": without it. Old BMCs need some that are off.
struct Algorithms {
  std::string kex, hostkeys, ciphers, macs;
};

struct Options {
  std::string host;
  uint16_t port = 22;
  Credentials credentials;
  Algorithms algorithms;
  HostKeyCheck host_key_check = HostKeyCheck::accept_new;
  std::string known_hosts;  // a file; unused where nothing is checked
  // How long a host may be silent before it is asked whether it is there; zero: never asked.
  base::Duration keepalive = std::chrono::seconds(60);
  std::shared_ptr<const Options> proxy;  // the jump host; null: none

  // "host", or "host:port" when it is not 22: for messages.
  std::string name() const;
};

// "strict", "accept-new", "off".
base::Result<HostKeyCheck> parse_host_key_check(std::string_view text);

struct Destination {
  std::string user, host;
  uint16_t port = 22;
};
// "[user@]host[:port]", a numeric IPv6 host in brackets.
base::Result<Destination> parse_destination(std::string_view text);

// Whether this library knows all of these; the error names list and algorithm.
base::Result<void> check_algorithms(const Algorithms& algorithms);
// Tells a session. `known_types`: of the host's keys in known_hosts; they are asked for first, so
// that a host with several shows one that can be compared. Errors as check_algorithms.
base::Result<void> set_algorithms(ssh_session_struct* session, const Algorithms& algorithms,
                                  const std::vector<std::string>& known_types);

// What a list means (Algorithms), given the defaults. Pure.
std::string apply_list(std::string_view list, std::string_view defaults);
// The list of host key algorithms with those for such keys at its front. Pure.
std::string prefer_types(std::string_view list, const std::vector<std::string>& types);

}  // namespace ssh
