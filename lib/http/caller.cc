#include "lib/http/caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "lib/base/cat.h"

namespace http {

namespace {
std::string numeric(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

Caller of_ipv6(const sockaddr_in6& a) {
  const std::string port = std::to_string(ntohs(a.sin6_port));
  if (IN6_IS_ADDR_V4MAPPED(&a.sin6_addr)) {
    const std::string v4 = numeric(AF_INET, &a.sin6_addr.s6_addr[12]);
    return {base::cat(v4, ":", port), v4, a.sin6_addr.s6_addr[12] == IN_LOOPBACKNET};
  }
  in6_addr net = a.sin6_addr;
  std::memset(&net.s6_addr[8], 0, 8);
  return {base::cat("[", numeric(AF_INET6, &a.sin6_addr), "]:", port),
          base::cat(numeric(AF_INET6, &net), "/64"), IN6_IS_ADDR_LOOPBACK(&a.sin6_addr) != 0};
}

Caller of_unix(int fd) {
  ucred cred{};
  socklen_t size = sizeof cred;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
    return {"unknown", "unknown", false};
  const std::string who = base::cat("uid ", cred.uid);
  return {who, who, false};
}
}  // namespace

Caller caller_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) < 0) {
    return {"unknown", "unknown", false};
  }
  if (storage.ss_family == AF_INET6) return of_ipv6(reinterpret_cast<sockaddr_in6&>(storage));
  if (storage.ss_family != AF_INET) return of_unix(fd);
  const auto& a = reinterpret_cast<sockaddr_in&>(storage);
  const std::string address = numeric(AF_INET, &a.sin_addr);
  return {base::cat(address, ":", ntohs(a.sin_port)), address,
          ntohl(a.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET};
}

}  // namespace http
