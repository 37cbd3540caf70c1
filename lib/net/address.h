// Address: where a listener binds or a dialler connects: a unix path, an abstract name (@name), or
// a numeric TCP address.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace net {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text;  // as it was given, for messages

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  // A unix socket that is a file, and so can be in the way.
  bool is_path() const { return is_unix() && !text.starts_with('@'); }
  // TCP on 127.0.0.0/8 or ::1; every unix socket.
  bool is_local() const;
};

// A path of at most 107 bytes, or @name. too_big says how long it was.
base::Result<Address> unix_address(std::string_view path);

// "host:port", ":port" (all interfaces), "[::1]:port". Looks names up, and so blocks: for start-up
// only; daemons that must look names up later ask libexec/resolve.
base::Result<Address> tcp_address(std::string_view host_port);

}  // namespace net
