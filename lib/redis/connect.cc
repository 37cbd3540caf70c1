#include "lib/redis/connect.h"

#include "lib/net/dialler.h"
#include "lib/net/resolve.h"
#include "lib/redis/tunnel.h"

namespace redis {

using base::Fd;
using base::Result;

namespace {

using Done = std::function<void(Result<Fd>)>;

// A target that cannot be connected to, told as every other error is.
class Failure {
 public:
  Failure(net::Loop& loop, base::Error why, Done done)
      : timer_(loop, [why = std::move(why), done = std::move(done)] { done(why); }) {
    timer_.at(loop.now());
  }

 private:
  net::Timer timer_;
};

// A Connect that keeps one Try at a time, of a class whose object is a way to connect under way.
// The last one may be calling us just now, so it goes later. Copies share the one.
template <class Try, class Make>
Connect keeps(Make make) {
  return [make = std::move(make), held = std::make_shared<std::shared_ptr<Try>>()](
             net::Loop& loop, base::Time deadline, Done done) {
    if (*held) loop.defer([old = std::move(*held)] {});
    *held = make(loop, deadline, std::move(done));
  };
}

Connect unix_connector(const std::string& path) {
  const Result<net::Address> address = net::unix_address(path);
  if (!address) {
    return keeps<Failure>([why = address.error()](net::Loop& loop, base::Time, Done done) {
      return std::make_shared<Failure>(loop, why, std::move(done));
    });
  }
  return keeps<net::Dialler>([address = *address](net::Loop& loop, base::Time deadline, Done done) {
    return std::make_shared<net::Dialler>(loop, address, deadline, std::move(done));
  });
}

}  // namespace

Connect connector(const Target& target) {
  if (!target.path.empty()) return unix_connector(target.path);
  if (target.tls) {
    return keeps<Tunnel>([target](net::Loop& loop, base::Time deadline, Done done) {
      return std::make_shared<Tunnel>(loop, target, deadline, std::move(done));
    });
  }
  return keeps<net::NameDialler>(
      [host = target.host, port = target.port](net::Loop& loop, base::Time deadline, Done done) {
        return std::make_shared<net::NameDialler>(loop, host, port, deadline, std::move(done));
      });
}

Login login_of(const Target& target) {
  return Login{target.user, target.password, target.database};
}

}  // namespace redis
