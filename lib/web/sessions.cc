#include "lib/web/sessions.h"

#include <algorithm>

#include "lib/base/args.h"
#include "lib/base/cat.h"
#include "lib/base/random.h"
#include "lib/crypto/digest.h"

namespace web {

namespace {
constexpr size_t kBytes = 32;
constexpr size_t kDigest = 64;  // hex digits
constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kLastSecond = 253'402'300'799;       // of the year 9999
constexpr auto kWorthTelling = std::chrono::hours(1);  // of a later end
}  // namespace

std::string_view cookie(const http::Request& request, std::string_view name) {
  for (const http::Fields::Field& f : request.fields) {
    if (!http::same_word(f.name, "Cookie")) continue;
    std::string_view left = f.value;
    while (!left.empty()) {
      std::string_view pair = left.substr(0, left.find(';'));
      left.remove_prefix(std::min(pair.size() + 1, left.size()));
      pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
      if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
        return pair.substr(name.size() + 1);
      }
    }
  }
  return {};
}

std::string Sessions::set_cookie(std::string_view value, std::string_view more) const {
  return base::cat(cookie_, "=", value, "; Path=/; HttpOnly; SameSite=Strict",
                   secure_ ? "; Secure" : "", more);
}

std::string Sessions::open(std::string_view user, base::Time now) {
  std::erase_if(all_, [now](const auto& e) { return e.second.expires <= now; });
  if (all_.size() >= kMax) {
    all_.erase(std::min_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
      return a.second.expires < b.second.expires;
    }));
  }
  const std::string id = base::random_hex(kBytes);
  all_[crypto::sha256_hex(id)] = {std::string(user), now + kLifetime};
  changed_ = true;
  return set_cookie(id, "");
}

std::optional<std::string> Sessions::user(const http::Request& request, base::Time now) {
  const std::string_view id = cookie(request, cookie_);
  if (id.empty()) return {};
  const auto at = all_.find(crypto::sha256_hex(id));
  if (at == all_.end()) return {};
  if (at->second.expires <= now) {
    all_.erase(at);
    return {};
  }
  at->second.expires = now + kLifetime;
  if (at->second.expires - at->second.told > kWorthTelling) changed_ = true;
  return at->second.user;
}

std::string Sessions::close(const http::Request& request) {
  if (all_.erase(crypto::sha256_hex(cookie(request, cookie_))) > 0) changed_ = true;
  return set_cookie("", "; Max-Age=0");
}

std::string Sessions::text(base::Time now, int64_t wall_us) {
  std::string out;
  for (auto& [digest, entry] : all_) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(entry.expires - now);
    out += base::cat(digest, " ", wall_us / kSecondUs + left.count(), " ", entry.user, "\n");
    entry.told = entry.expires;
  }
  changed_ = false;
  return out;
}

void Sessions::take(std::string_view text, base::Time now, int64_t wall_us) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t space = line.find(' ', std::min(line.size(), kDigest + 1));
    if (space == std::string_view::npos || line[kDigest] != ' ') continue;
    const auto end =
        base::parse_number(line.substr(kDigest + 1, space - kDigest - 1), 0, kLastSecond);
    if (!end) continue;
    const std::chrono::seconds left(*end - wall_us / kSecondUs);
    if (left.count() <= 0 || left > kLifetime || all_.size() >= kMax) continue;
    all_[std::string(line.substr(0, kDigest))] = {std::string(line.substr(space + 1)), now + left,
                                                  now + left};
  }
}

}  // namespace web
