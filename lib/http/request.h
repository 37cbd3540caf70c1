// request: one request as it came, and what may be wrong with one. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/http/fields.h"

namespace http {

struct Request {
  std::string method;  // "GET", as it came
  std::string target;  // as it came
  std::string path;    // decoded; no dot segment, no control byte; begins with '/', or is "*"
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  int version = 11;                                        // 10 or 11
  Fields fields;
  std::string host;  // whom it was sent to: "name:port"
  std::string body;
  bool keep_alive = true;  // the client wants to go on with this connection

  // The first parameter of that name; empty where there is none.
  std::string_view parameter(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return value;
    }
    return {};
  }
};

// Why a request is refused: the status, and what the JSON body of the answer says.
struct Problem {
  int status = 400;
  std::string code;     // "bad_request": for programs
  std::string message;  // for people
};

}  // namespace http
