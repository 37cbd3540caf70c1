// sessions: who is logged in with which browser: a random id in a cookie, kept here by its digest,
// until it was not used for half a day. As text they outlive the daemon.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/http/request.h"

namespace web {

class Sessions {
 public:
  static constexpr auto kLifetime = std::chrono::hours(12);  // after its last use
  static constexpr size_t kMax = 1000;  // more: the one that was used longest ago is closed

  // `cookie`: its name. Cookies know no ports, so it should name ours. `secure`: under TLS only.
  Sessions(std::string cookie, bool secure) : cookie_(std::move(cookie)), secure_(secure) {}

  // A new session: the value of the Set-Cookie field that carries it.
  std::string open(std::string_view user, base::Time now);
  // Whose session the request shows; this is a use of it.
  std::optional<std::string> user(const http::Request& request, base::Time now);
  // Ends it: the value of the Set-Cookie field that takes it away.
  std::string close(const http::Request& request);

  // A line for each, "DIGEST SECONDS-SINCE-1970 USER": with this nobody can sign in.
  std::string text(base::Time now, int64_t wall_us);
  // Those of such a text that are not over; lines that are none are left out.
  void take(std::string_view text, base::Time now, int64_t wall_us);
  // text() would say more than it did last: a session came or went, or was used an hour later.
  bool changed() const { return changed_; }

  size_t size() const { return all_.size(); }

 private:
  struct Entry {
    std::string user;
    base::Time expires;
    base::Time told = {};  // what text() said last
  };
  std::string set_cookie(std::string_view value, std::string_view more) const;

  std::string cookie_;
  bool secure_;
  bool changed_ = false;
  std::map<std::string, Entry> all_;  // by digest, as tokens
};

// The value of a cookie of the request; empty where there is none.
std::string_view cookie(const http::Request& request, std::string_view name);

}  // namespace web
