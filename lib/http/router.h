// router: which function answers a request: by its method, and its path against patterns such as
// "/nodes/{node}" (one segment) and "/{file...}" (all the rest). The first that fits, in the order
// in which they were added, is taken. A HEAD without a route of its own is a GET.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/http/exchange.h"

namespace http {

// What stood at the {names} of the pattern.
class Parameters {
 public:
  void add(std::string_view name, std::string_view value) { all_.emplace_back(name, value); }
  // Empty: there is none of that name, which the pattern would have told.
  std::string_view get(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

class Router {
 public:
  using Handle = std::function<void(const ExchangePtr&, const Parameters&)>;

  // `strict_slash`: "/nodes/" is sent to "/nodes" by a 301, as goconserver does, also
  // where only a pattern for all the rest would fit "/nodes/".
  explicit Router(bool strict_slash = false) : strict_slash_(strict_slash) {}

  // `method` "*": any.
  void add(std::string_view method, std::string_view pattern, Handle handle);
  // Answers it, if need be with a 404, or a 405 that says what is allowed.
  void answer(const ExchangePtr& exchange) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handle handle;
  };
  struct Match {
    const Route* route = nullptr;
    Parameters parameters;
    std::string allow;  // the methods of routes whose path fits
  };
  Match find(std::string_view method, std::string_view path) const;
  bool names(std::string_view path) const;

  bool strict_slash_;
  std::vector<Route> routes_;
};

}  // namespace http
