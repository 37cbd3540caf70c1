// tokens: the way from a unix socket into a browser. A token is asked for by somebody whose uid the
// kernel vouches for, stands in the fragment of the URL (which no browser sends, and no log sees),
// is good once and for a minute, and is exchanged for a session.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.h"

namespace web {

class Tokens {
 public:
  static constexpr auto kLifetime = std::chrono::seconds(60);
  static constexpr size_t kMax = 256;  // more: the oldest is void

  // A token for this user.
  std::string issue(std::string_view user, base::Time now);
  // Whose it is; it is void from now on. Nothing: it is none, was used, or is too old.
  std::optional<std::string> redeem(std::string_view token, base::Time now);

 private:
  struct Entry {
    std::string user;
    base::Time expires;
  };
  // By digest: how long a look-up takes tells nothing about a token.
  std::map<std::string, Entry> all_;
};

}  // namespace web
