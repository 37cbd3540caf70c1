#include "lib/ssh/options.h"

#include <libssh/libssh.h>

#include <algorithm>

#include "lib/base/args.h"
#include "lib/base/check.h"
#include "lib/ssh/handle.h"

namespace ssh {

using base::Errc;
using base::Result;

namespace {

constexpr uint16_t kPort = 22;

// libssh's defaults, which it does not tell; its own are used where nothing is added or taken away.
constexpr std::string_view kKex =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group18-sha512,diffie-hellman-group16-sha512,"
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256";
constexpr std::string_view kHostKeys =
    "ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,rsa-sha2-512,"
    "rsa-sha2-256";
constexpr std::string_view kCiphers =
    "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,"
    "aes192-ctr,aes128-ctr";
constexpr std::string_view kMacs =
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512";
// RSA keys that sign with SHA-1. Who needs it for a host needs it for our own key there, too.
constexpr std::string_view kOldRsa = "ssh-rsa";

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    if (!one.empty()) out.emplace_back(one);
  }
  return out;
}

std::string join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += base::cat(out.empty() ? "" : ",", n);
  return out;
}

std::string_view without_sign(std::string_view list) {
  return list.starts_with('+') || list.starts_with('-') ? list.substr(1) : list;
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a list is about: its name for people, what libssh calls it in both directions, the default.
struct List {
  std::string_view name;
  std::string Algorithms::*value;
  std::vector<ssh_options_e> options;
  std::string_view defaults;
};

const std::vector<List>& lists() {
  static const std::vector<List> all = {
      {"kex", &Algorithms::kex, {SSH_OPTIONS_KEY_EXCHANGE}, kKex},
      {"hostkeys", &Algorithms::hostkeys, {SSH_OPTIONS_HOSTKEYS}, kHostKeys},
      {"ciphers",
       &Algorithms::ciphers,
       {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C},
       kCiphers},
      {"macs", &Algorithms::macs, {SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C}, kMacs},
  };
  return all;
}

Result<void> set(ssh_session_struct* s, const List& list, const std::string& names) {
  for (const ssh_options_e option : list.options) {
    if (ssh_options_set(s, option, names.c_str()) != SSH_OK) {
      return base::error(Errc::bad_input, list.name, ": nothing is left to choose from: ", names);
    }
  }
  return {};
}

Result<uint16_t> parse_port(std::string_view text) {
  const Result<int64_t> port = base::parse_number(text, 1, 65535);
  if (!port) return base::in("port", port.error());
  return static_cast<uint16_t>(*port);
}

// "host", "host:port", "[::1]", "[::1]:port", "::1".
Result<void> split_host(std::string_view text, Destination& out) {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return base::error(Errc::bad_input, "no ] after [");
    out.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && port[0] != ':') return base::error(Errc::bad_input, "expected :PORT");
  } else {
    const size_t colon = text.find(':');
    const bool v6 = colon != std::string_view::npos && text.find(':', colon + 1) != text.npos;
    out.host = v6 ? text : text.substr(0, colon);
    if (!v6 && colon != std::string_view::npos) port = text.substr(colon);
  }
  if (out.host.empty()) return base::error(Errc::bad_input, "no host");
  if (port.empty()) return {};
  const Result<uint16_t> number = parse_port(port.substr(1));
  if (!number) return number.error();
  out.port = *number;
  return {};
}

}  // namespace

std::string Options::name() const {
  return port == kPort ? host : base::cat(host, ":", port);
}

Result<HostKeyCheck> parse_host_key_check(std::string_view text) {
  if (text == "strict") return HostKeyCheck::strict;
  if (text == "accept-new") return HostKeyCheck::accept_new;
  if (text == "off") return HostKeyCheck::off;
  return base::error(Errc::bad_input, "expected strict, accept-new or off, got ", text);
}

Result<Destination> parse_destination(std::string_view text) {
  Destination out;
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    out.user = text.substr(0, at);
    text.remove_prefix(at + 1);
    if (out.user.empty()) return base::error(Errc::bad_input, "no user before @");
  }
  if (Result<void> ok = split_host(text, out); !ok) return ok.error();
  return out;
}

std::string apply_list(std::string_view list, std::string_view defaults) {
  if (list.starts_with('+')) return base::cat(defaults, ",", list.substr(1));
  if (!list.starts_with('-')) return std::string(list.empty() ? defaults : list);
  const std::vector<std::string> unwanted = split(list.substr(1));
  std::vector<std::string> out = split(defaults);
  std::erase_if(out, [&](const std::string& name) { return has(unwanted, name); });
  return join(out);
}

// A key of type ssh-rsa signs in three ways.
std::string prefer_types(std::string_view list, const std::vector<std::string>& types) {
  std::vector<std::string> names = split(list);
  std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return has(types, name.starts_with("rsa-sha2-") ? kOldRsa : name);
  });
  return join(names);
}

Result<void> set_algorithms(ssh_session_struct* s, const Algorithms& algorithms,
                            const std::vector<std::string>& known_types) {
  for (const List& list : lists()) {
    std::string names = algorithms.*list.value;
    if (!names.empty()) names = apply_list(names, list.defaults);
    if (list.value == &Algorithms::hostkeys && !known_types.empty()) {
      names = prefer_types(names.empty() ? list.defaults : names, known_types);
    }
    if (names.empty()) continue;
    if (Result<void> ok = set(s, list, names); !ok) return ok;
  }
  if (has(split(without_sign(algorithms.hostkeys)), kOldRsa) && algorithms.hostkeys[0] != '-') {
    const std::string keys = base::cat(kHostKeys, ",", kOldRsa);
    ssh_options_set(s, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, keys.c_str());
  }
  return {};
}

Result<void> check_algorithms(const Algorithms& algorithms) {
  const SessionPtr session(ssh_new());
  CHECK(session != nullptr);
  for (const List& list : lists()) {
    // Of several names it takes those it knows, and says nothing of the others.
    for (const std::string& name : split(without_sign(algorithms.*list.value))) {
      if (ssh_options_set(session.get(), list.options[0], name.c_str()) != SSH_OK) {
        return base::error(Errc::bad_input, list.name, ": ", name, " is not known");
      }
    }
  }
  return set_algorithms(session.get(), algorithms, {});
}

}  // namespace ssh
