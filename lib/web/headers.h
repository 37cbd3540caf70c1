// headers: what every answer to a browser says beside its body.
#pragma once

#include "lib/http/response.h"

namespace web {

// Content-Security-Policy and its like: only our own scripts run, nobody frames the page, nothing
// is sent elsewhere. Styles may be inline, since xterm.js writes its own.
void add_security(http::Response& response);

}  // namespace web
