// rest_v1: what our own clients ask beyond goconserver's routes (consoled(8), HTTP): consoles,
// viewers, the daemon's state, and /metrics.
#pragma once

#include "lib/http/router.h"
#include "tools/consoled/nodes.h"

namespace consoled {

// That a query has a key that its route does not know.
base::Error unknown_key(std::string_view name);

class RestV1 {
 public:
  RestV1(Shared& shared, Nodes& nodes, int64_t started_us);
  void add_routes(http::Router& router);
  // For the unix socket alone: what must not leave the machine.
  void add_local_routes(http::Router& router);

 private:
  Shared& shared_;
  Nodes& nodes_;
  int64_t started_us_;
};

}  // namespace consoled
