// Ports for tests that start a server of their own at one.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/base/fd.h"

namespace help {

inline bool can_bind(uint16_t port) {
  const base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in all{};
  all.sin_family = AF_INET;
  all.sin_port = htons(port);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&all), sizeof all) == 0;
}

// A port that nobody has, and that nobody takes before the test's server does: it is below those
// that the kernel gives to connections, and each is given once, to all tests of a user. As
// free_port of tests/bats/helper.bash, with which it shares the file that has the last one.
inline uint16_t free_port() {
  constexpr int kFirst = 10000;
  int end = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> end;
  if (end < kFirst + 1000) end = 32768;  // all are the kernel's
  const std::string path = base::cat("/tmp/lineman-test-ports.", ::getuid());
  const base::Result<base::Fd> file = base::open_file(path, O_RDWR | O_CREAT, 0600);
  REQUIRE(file);
  REQUIRE(::flock(file->get(), LOCK_EX) == 0);
  const base::Result<std::string> last = base::read_file(path, 100);
  REQUIRE(last);
  int port = std::atoi(last->c_str());
  for (int tries = 0; tries < 1000; tries++) {
    port++;
    if (port < kFirst || port >= end) port = kFirst;
    if (!can_bind(static_cast<uint16_t>(port))) continue;
    const std::string text = base::cat(port, '\n');
    REQUIRE(::pwrite(file->get(), text.data(), text.size(), 0) > 0);
    return static_cast<uint16_t>(port);
  }
  FAIL("no free port below ", end);
  return 0;
}

}  // namespace help
