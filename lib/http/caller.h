// caller: who is at the other end of a socket.
#pragma once

#include <string>

namespace http {

struct Caller {
  std::string text;  // "192.0.2.1:4711", "[2001:db8::1]:4711", "uid 1000"
  std::string key;   // what is counted as one peer: an IPv4 address, an IPv6 /64, a uid
  bool loopback = false;
};
Caller caller_of(int fd);

}  // namespace http
