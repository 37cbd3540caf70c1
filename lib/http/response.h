// response: one answer, and the bytes it becomes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/http/fields.h"
#include "lib/http/request.h"

namespace http {

struct Response {
  int status = 200;
  Fields fields;  // besides Date, Content-Length, Transfer-Encoding and Connection
  std::string body;
};

// A body of the given type ("application/json").
Response response(int status, std::string_view type, std::string body);
// {"error":{"code":CODE,"message":MESSAGE}}
Response error_response(int status, std::string_view code, std::string_view message);
Response error_response(const Problem& problem);
// Sends the client elsewhere.
Response redirect(int status, std::string_view location);

// How the body ends: after so many bytes, in chunks, or with the connection.
struct Framing {
  enum class Kind { none, length, chunked, until_close } kind = Kind::none;
  size_t length = 0;
};

// Status line and fields up to the empty line. Control characters in a value are left out: nobody
// else's text can add a field. `date`: as RFC 9110 writes it (date_text).
std::string head_text(const Response& r, const Framing& framing, int version, bool keep_alive,
                      std::string_view date);

// One chunk of a chunked body; of no bytes: the last.
std::string chunk_text(std::string_view bytes);

// "Sat, 21 Nov 2026 02:03:04 GMT"
std::string date_text(int64_t seconds);
// "Not Found"
std::string_view reason(int status);

}  // namespace http
