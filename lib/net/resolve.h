// resolve: names become addresses, and addresses a connection, without blocking. getaddrinfo(3)
// knows no deadline and no loop, so libexec/lineman/resolve calls it, a process for each name; a
// numeric host needs none.
//
// Both classes start at once; `done` is called once, never before the constructor returned, unless
// the object goes first, which ends the helper. `done` may not delete the object: it asks
// loop.defer. The deadline is for all of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/net/address.h"
#include "lib/net/child.h"
#include "lib/net/dialler.h"
#include "lib/net/loop.h"

namespace net {

class Resolve {
 public:
  // At least one address, in the system's order of preference (RFC 6724). Errors: not_found (no
  // such name), timeout, io (no resolver, or no helper); they name the host.
  using Done = std::function<void(base::Result<std::vector<Address>>)>;

  // `host` is a name or a numeric address, without brackets.
  Resolve(Loop& loop, std::string host, uint16_t port, base::Time deadline, Done done);
  ~Resolve();
  Resolve(const Resolve&) = delete;
  Resolve& operator=(const Resolve&) = delete;

 private:
  base::Result<void> start();
  void exited(int status);
  void finish(base::Result<std::vector<Address>> result);

  Loop& loop_;
  std::string host_;
  uint16_t port_;
  Done done_;
  std::optional<base::Result<std::vector<Address>>> early_;  // known before there was a loop turn
  base::Fd output_;
  std::unique_ptr<Child> child_;
  Timer timer_;
};

// A Dialler for names: tries the addresses in turn, each with its share of the time that is left.
class NameDialler {
 public:
  // The descriptor as Dialler gives it. The error is the last address's; it names host and address.
  using Done = Dialler::Done;

  NameDialler(Loop& loop, std::string host, uint16_t port, base::Time deadline, Done done);
  NameDialler(const NameDialler&) = delete;
  NameDialler& operator=(const NameDialler&) = delete;

 private:
  void dial();
  void finish(base::Result<base::Fd> result);

  Loop& loop_;
  std::string host_;
  base::Time deadline_;
  Done done_;
  std::vector<Address> addresses_;
  size_t next_ = 0;
  std::unique_ptr<Dialler> dialler_;
  Timer step_;  // a Dialler's callback may not replace it: the next one starts from here
  Resolve resolve_;
};

// The address of a numeric host, without any lookup. bad_input: it is a name.
base::Result<Address> numeric_address(const std::string& host, uint16_t port);

// Asks the system and blocks as long as that takes: for the helper programs alone. The texts are
// numeric, "127.0.0.1:6379" or "[::1]:6379". Errors as those of Resolve.
base::Result<std::vector<Address>> lookup(const std::string& host, uint16_t port);

}  // namespace net
