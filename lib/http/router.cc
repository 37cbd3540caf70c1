#include "lib/http/router.h"

#include <algorithm>
#include <optional>

#include "lib/base/cat.h"
#include "lib/http/target.h"

namespace http {

namespace {
// "/a/b" to "a", "b"; "/" to one empty segment.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    out.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  return out;
}

bool is_name(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::optional<Parameters> match(const std::vector<std::string>& pattern,
                                const std::vector<std::string>& path) {
  Parameters out;
  for (size_t i = 0; i < pattern.size(); i++) {
    const std::string_view p = pattern[i];
    if (is_name(p) && p.ends_with("...}")) {
      std::string rest;
      for (size_t k = i; k < path.size(); k++) rest += (k == i ? "" : "/") + path[k];
      out.add(p.substr(1, p.size() - 5), rest);
      return out;
    }
    if (i >= path.size()) return {};
    if (is_name(p)) {
      if (path[i].empty()) return {};
      out.add(p.substr(1, p.size() - 2), path[i]);
    } else if (p != path[i]) {
      return {};
    }
  }
  if (path.size() != pattern.size()) return {};
  return out;
}

// Only to this server: "//host/" would lead to another one.
bool may_redirect(std::string_view path) {
  return path.size() > 1 && path.ends_with('/') && path.find("//") == std::string_view::npos;
}

// The path, with the query of that target.
std::string location(std::string_view path, std::string_view target) {
  std::string to;
  for (const std::string& s : segments_of(path)) to += base::cat("/", percent_encode(s));
  return to.append(target.substr(std::min(target.find('?'), target.size())));
}
}  // namespace

std::string_view Parameters::get(std::string_view name) const {
  const auto at =
      std::find_if(all_.begin(), all_.end(), [&](const auto& p) { return p.first == name; });
  return at == all_.end() ? std::string_view() : at->second;
}

void Router::add(std::string_view method, std::string_view pattern, Handle handle) {
  routes_.push_back({std::string(method), segments_of(pattern), std::move(handle)});
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match out;
  if (!path.starts_with('/')) return out;
  const std::vector<std::string> segments = segments_of(path);
  for (const Route& route : routes_) {
    std::optional<Parameters> parameters = match(route.segments, segments);
    if (!parameters) continue;
    if (route.method == "*" || route.method == method) {
      out.route = &route;
      out.parameters = std::move(*parameters);
      return out;
    }
    out.allow += (out.allow.empty() ? "" : ", ") + route.method;
  }
  return out;
}

// A route has this path, and not as some of all the rest.
bool Router::names(std::string_view path) const {
  const std::vector<std::string> segments = segments_of(path);
  return std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
    const auto parameters = match(route.segments, segments);
    const std::string_view last = route.segments.back();
    if (!parameters || !last.ends_with("...}")) return parameters.has_value();
    return parameters->get(last.substr(1, last.size() - 5)).empty();
  });
}

void Router::answer(const ExchangePtr& exchange) const {
  const Request& request = exchange->request();
  const std::string_view path = request.path;
  if (strict_slash_ && may_redirect(path) && !names(path)) {
    const std::string_view bare = path.substr(0, path.size() - 1);
    if (names(bare)) return exchange->respond(redirect(301, location(bare, request.target)));
  }
  Match found = find(request.method, path);
  if (found.route == nullptr && request.method == "HEAD") found = find("GET", path);
  if (found.route != nullptr) return found.route->handle(exchange, found.parameters);
  if (!found.allow.empty()) {
    Response r =
        error_response(405, "method_not_allowed", base::cat(request.method, " is not for ", path));
    r.fields.add("Allow", found.allow);
    return exchange->respond(r);
  }
  exchange->respond(error_response(404, "not_found", base::cat("no such page: ", path)));
}

}  // namespace http
