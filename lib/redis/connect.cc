#include "lib/redis/connect.h"

#include "lib/net/dialler.h"
#include "lib/net/resolve.h"

namespace redis {

using base::Fd;
using base::Result;

namespace {

using Done = std::function<void(Result<Fd>)>;

Connect fails_with(const base::Error& why) {
  auto timer = std::make_shared<std::unique_ptr<net::Timer>>();
  return [why, timer](net::Loop& loop, base::Time, const Done& done) {
    *timer = std::make_unique<net::Timer>(loop, [done, why] { done(why); });
    (*timer)->at(loop.now());
  };
}

Connect unix_connector(const std::string& path) {
  const Result<net::Address> address = net::unix_address(path);
  if (!address) return fails_with(address.error());
  auto dialler = std::make_shared<std::unique_ptr<net::Dialler>>();
  return [address = *address, dialler](net::Loop& loop, base::Time deadline, Done done) {
    *dialler = std::make_unique<net::Dialler>(loop, address, deadline, std::move(done));
  };
}

Connect tcp_connector(const std::string& host, uint16_t port) {
  auto dialler = std::make_shared<std::unique_ptr<net::NameDialler>>();
  return [host, port, dialler](net::Loop& loop, base::Time deadline, Done done) {
    *dialler = std::make_unique<net::NameDialler>(loop, host, port, deadline, std::move(done));
  };
}

}  // namespace

Connect connector(const Target& target) {
  if (!target.path.empty()) return unix_connector(target.path);
  return tcp_connector(target.host, target.port);
}

Login login_of(const Target& target) {
  return Login{target.user, target.password, target.database};
}

}  // namespace redis
