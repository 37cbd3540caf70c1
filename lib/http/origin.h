// origin: whether a browser may ask what it asks. A foreign page can make a browser send requests
// here: by a name of its own that points here (DNS rebinding, seen by the Host), or across sites
// (seen by the Origin). Programs send no Origin and are not meant. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/http/request.h"

namespace http {

// "name:port" or "[address]:port" without the port.
std::string_view host_name(std::string_view host);

// The Host is an address, localhost, or one of `names` (without port and case): a name that
// somebody else may point anywhere is none of these.
bool host_allowed(const Request& request, const std::vector<std::string>& names);

// It looks as if a browser had sent it: programs need no protection from foreign pages, and come by
// any name.
bool from_browser(const Request& request);

// There is no Origin, or it is the page of this very host.
bool same_origin(const Request& request);

}  // namespace http
