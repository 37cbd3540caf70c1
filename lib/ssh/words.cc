#include "lib/ssh/words.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/cat.h"
#include "lib/base/log.h"

namespace ssh {

namespace {

constexpr size_t kMost = 600;

struct Kind {
  std::string_view theirs, what, parameter;
};
// As libssh names them.
constexpr std::array<Kind, 4> kKinds = {{
    {"kex algos", "key exchange", "kex"},
    {"server host key algo", "kind of host key", "hostkeys"},
    {"encryption ", "cipher", "ciphers"},
    {"mac algo ", "MAC", "macs"},
}};

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find(after));
}

// What only says what else the host can do.
std::string without_signals(std::string_view list) {
  std::string out;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    if (one.starts_with("kex-strict-") || one.starts_with("ext-info-")) continue;
    out += base::cat(out.empty() ? "" : ", ", one);
  }
  return out;
}

// "kex error : no match for method kex algos: server [a,b], client [c]"
std::optional<std::string> nothing_in_common(std::string_view text) {
  constexpr std::string_view kNoMatch = "no match for method ";
  const size_t at = text.find(kNoMatch);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + kNoMatch.size());
  const std::string offers = foreign_words(without_signals(between(text, "server [", "]")));
  for (const Kind& k : kKinds) {
    if (!text.starts_with(k.theirs)) continue;
    return base::cat("no ", k.what, " in common: the host offers ", offers,
                     "; allow one of them with ", k.parameter, "=+NAME");
  }
  return {};
}

// What libssh says of a port with something else behind it, by what that sends.
bool is_no_ssh(std::string_view text) {
  constexpr std::array<std::string_view, 3> kSigns = {
      "Packet len too high", "Packet filter: rejected packet", "too large banner"};
  return std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) {
    return text.find(sign) != std::string_view::npos;
  });
}

}  // namespace

std::string foreign_words(std::string_view text) {
  const std::string clean = base::log::printable(text);
  return clean.size() <= kMost ? clean : clean.substr(0, kMost) + "...";
}

std::string library_words(std::string_view text) {
  if (auto words = nothing_in_common(text)) return *words;
  if (text == "Socket error: disconnected") return "the host closed the connection";
  constexpr std::string_view kGoodbye = "Received SSH_MSG_DISCONNECT: ";
  if (text.starts_with(kGoodbye)) {
    text.remove_prefix(kGoodbye.size());
    text.remove_prefix(std::min(text.find(':') + 1, text.size()));
    return base::cat("the host ended the connection: ", foreign_words(text));
  }
  // "Channel opening failure: channel 43 error (2) Connection refused"
  if (text.starts_with("Channel opening failure: ")) {
    text.remove_prefix(std::min(text.find(") ") + 2, text.size()));
    return foreign_words(text);
  }
  if (is_no_ssh(text)) {
    return base::cat("what comes from there is no SSH: is this the port of an ssh server? (",
                     foreign_words(text), ")");
  }
  constexpr std::string_view kSocket = "Socket error: ";
  if (text.starts_with(kSocket)) text.remove_prefix(kSocket.size());
  return text.empty() || text == "Success" ? "the connection broke" : foreign_words(text);
}

}  // namespace ssh
