#include "lib/redis/connect.h"

#include "lib/net/dialler.h"
#include "lib/net/resolve.h"
#include "lib/redis/embedded.h"
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
// A copy is another client's, and begins with none.
template <class Try, class Make>
class Keeps {
 public:
  explicit Keeps(Make make) : make_(std::move(make)) {}
  Keeps(const Keeps& other) : make_(other.make_) {}
  Keeps(Keeps&&) noexcept = default;
  Keeps& operator=(const Keeps&) = delete;
  ~Keeps() = default;

  // The last one may be calling us just now, so it goes later.
  void operator()(net::Loop& loop, base::Time deadline, Done done) {
    if (held_) loop.defer([old = std::move(held_)] {});
    held_ = make_(loop, deadline, std::move(done));
  }

 private:
  Make make_;
  std::shared_ptr<Try> held_;
};

template <class Try, class Make>
Connect keeps(Make make) {
  return Keeps<Try, Make>(std::move(make));
}

Connect fails(base::Error why) {
  return keeps<Failure>([why = std::move(why)](net::Loop& loop, base::Time, Done done) {
    return std::make_shared<Failure>(loop, why, std::move(done));
  });
}

Connect unix_connector(const std::string& path) {
  const Result<net::Address> address = net::unix_address(path);
  if (!address) return fails(address.error());
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

Connect embedded_connector(const std::string& socket) {
  const Result<net::Address> address = net::unix_address(socket);
  if (!address) return fails(address.error());
  return keeps<Embedded>([address = *address, again = std::make_shared<bool>(false)](
                             net::Loop& loop, base::Time deadline, const Done& done) {
    return std::make_shared<Embedded>(loop, address, *again, deadline,
                                      [again, done](Result<Fd> fd) {
                                        *again = *again || fd;
                                        done(std::move(fd));
                                      });
  });
}

Login login_of(const Target& target) {
  return Login{target.user, target.password, target.database};
}

}  // namespace redis
