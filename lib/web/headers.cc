#include "lib/web/headers.h"

namespace web {

void add_security(http::Response& r) {
  r.fields.add("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
               "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
               "form-action 'none'; frame-ancestors 'none'");
  r.fields.add("X-Content-Type-Options", "nosniff");
  r.fields.add("X-Frame-Options", "DENY");
  r.fields.add("Referrer-Policy", "no-referrer");
  r.fields.add("Cross-Origin-Opener-Policy", "same-origin");
  r.fields.add("Cross-Origin-Resource-Policy", "same-origin");
}

}  // namespace web
