// rest_goconserver: goconserver's REST API, routes 1 to 11: its paths, statuses, capital letters
// and words. What is ours: errors are JSON, which congo shows, and passwords never come back.
#pragma once

#include "lib/http/router.h"
#include "tools/consoled/nodes.h"

namespace consoled {

class RestGoconserver {
 public:
  RestGoconserver(Shared& shared, Nodes& nodes);
  void add_routes(http::Router& router);

 private:
  void list(const http::ExchangePtr& e);
  void create(const http::ExchangePtr& e);
  void show(const http::ExchangePtr& e, std::string_view name);
  void remove(const http::ExchangePtr& e, std::string_view name);
  void switch_one(const http::ExchangePtr& e, std::string_view name);
  void bulk_create(const http::ExchangePtr& e);
  void bulk_remove(const http::ExchangePtr& e);
  void bulk_switch(const http::ExchangePtr& e);
  void replay(const http::ExchangePtr& e, std::string_view name);
  void users(const http::ExchangePtr& e, std::string_view name);
  void breaks(const http::ExchangePtr& e);

  // "Updated", "Unchanged", or why not; "" where the state is neither on nor off.
  std::string switch_to(std::string_view name, std::string_view state);

  Shared& shared_;
  Nodes& nodes_;
  std::string host_;  // this machine's name
};

}  // namespace consoled
