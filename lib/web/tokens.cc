#include "lib/web/tokens.h"

#include <algorithm>

#include "lib/base/random.h"
#include "lib/crypto/digest.h"

namespace web {

namespace {
constexpr size_t kBytes = 16;
}  // namespace

std::string Tokens::issue(std::string_view user, base::Time now) {
  std::erase_if(all_, [now](const auto& e) { return e.second.expires <= now; });
  if (all_.size() >= kMax) {
    all_.erase(std::min_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) {
      return a.second.expires < b.second.expires;
    }));
  }
  std::string token = base::random_hex(kBytes);
  all_[crypto::sha256_hex(token)] = {std::string(user), now + kLifetime};
  return token;
}

std::optional<std::string> Tokens::redeem(std::string_view token, base::Time now) {
  const auto at = all_.find(crypto::sha256_hex(token));
  if (at == all_.end()) return {};
  const Entry entry = std::move(at->second);
  all_.erase(at);
  if (entry.expires <= now) return {};
  return entry.user;
}

}  // namespace web
