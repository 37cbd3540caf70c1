#include "lib/web/sessions.h"

#include <algorithm>

#include "lib/base/cat.h"
#include "lib/base/random.h"
#include "lib/crypto/digest.h"

namespace web {

namespace {
constexpr size_t kBytes = 32;
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
  return at->second.user;
}

std::string Sessions::close(const http::Request& request) {
  all_.erase(crypto::sha256_hex(cookie(request, cookie_)));
  return set_cookie("", "; Max-Age=0");
}

}  // namespace web
