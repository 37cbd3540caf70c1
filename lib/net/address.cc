#include "lib/net/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace net {

using base::Errc;
using base::error;
using base::Result;

namespace {
constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr uint32_t kLoopbackNet = 127;

bool loopback(const sockaddr_storage& s) {
  if (s.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &s, sizeof in);
    return ntohl(in.sin_addr.s_addr) >> 24U == kLoopbackNet;
  }
  sockaddr_in6 in6{};
  std::memcpy(&in6, &s, sizeof in6);
  return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) != 0;
}
}  // namespace

bool Address::is_local() const {
  return is_unix() || loopback(storage);
}

Result<Address> unix_address(std::string_view path) {
  if (path.empty() || path == "@") return error(Errc::bad_input, "an empty socket name");
  if (path.find('\0') != std::string_view::npos) return error(Errc::bad_input, "a NUL in the name");
  if (path.size() > kMaxPath) {
    return error(Errc::too_big, path, ": a unix socket's path has at most ", kMaxPath,
                 " bytes, this one ", path.size());
  }
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  const bool abstract = path[0] == '@';
  if (abstract) un.sun_path[0] = '\0';
  Address a;
  a.text = path;
  a.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + !abstract);
  std::memcpy(&a.storage, &un, sizeof un);
  return a;
}

Result<Address> tcp_address(std::string_view host_port) {
  const size_t colon = host_port.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == host_port.size()) {
    return error(Errc::bad_input, host_port, ": expected HOST:PORT or :PORT");
  }
  std::string host(host_port.substr(0, colon));
  const std::string port(host_port.substr(colon + 1));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int rc = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (rc != 0) return error(Errc::bad_input, host_port, ": ", ::gai_strerror(rc));
  Address a;
  a.text = host_port;
  a.size = found->ai_addrlen;
  std::memcpy(&a.storage, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return a;
}

}  // namespace net
