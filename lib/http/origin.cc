#include "lib/http/origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace http {

namespace {
bool is_address(std::string_view name) {
  in6_addr any{};
  if (name.starts_with('[') && name.ends_with(']')) {
    return ::inet_pton(AF_INET6, std::string(name.substr(1, name.size() - 2)).c_str(), &any) == 1;
  }
  return ::inet_pton(AF_INET, std::string(name).c_str(), &any) == 1;
}
}  // namespace

std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool host_allowed(const Request& request, const std::vector<std::string>& names) {
  const std::string_view name = host_name(request.host);
  if (same_word(name, "localhost") || is_address(name)) return true;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& n) { return same_word(n, name); });
}

bool from_browser(const Request& request) {
  const Fields& f = request.fields;
  return f.count("Origin") > 0 || f.count("Sec-Fetch-Site") > 0 || f.count("Referer") > 0 ||
         f.get("User-Agent").starts_with("Mozilla/");
}

bool same_origin(const Request& request) {
  const Fields& f = request.fields;
  if (f.count("Origin") == 0) return true;
  if (f.count("Origin") > 1) return false;
  std::string_view origin = f.get("Origin");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    origin.remove_prefix(scheme.size());
    return same_word(origin, request.host);
  }
  return false;  // "null", or no page at all
}

}  // namespace http
