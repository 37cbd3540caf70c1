#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/net/dialler.h"
#include "lib/net/listener.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Fd;
using base::Result;
using help::Folder;
using net::Address;
using net::Dialler;
using net::Loop;
using std::chrono::milliseconds;

namespace {
base::Time in(base::Duration d) {
  return base::Clock::now() + d;
}

// What came of dialling.
Result<Fd> dialled(Loop& loop, const Address& a, base::Time deadline) {
  std::optional<Result<Fd>> result;
  Dialler dialler(loop, a, deadline, [&](Result<Fd> r) {
    CHECK_FALSE(result);
    result = std::move(r);
  });
  CHECK_FALSE(result);
  CHECK(help::run_until(loop, [&] { return result.has_value(); }));
  return std::move(*result);
}

// A listening TCP socket on this machine, with room for `backlog` connections.
std::pair<Fd, Address> tcp_server(int backlog) {
  const Result<Address> any = net::tcp_address("127.0.0.1:0");
  REQUIRE(any);
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(fd.get(), any->get(), any->size) == 0);
  REQUIRE(::listen(fd.get(), backlog) == 0);
  Address a;
  a.size = sizeof a.storage;
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a.storage), &a.size) == 0);
  a.text = "test server";
  return {std::move(fd), a};
}

// Connects until the server's queue takes no more.
std::vector<Fd> fill(const Address& a) {
  std::vector<Fd> all;
  for (int i = 0; i < 20; i++) {
    all.emplace_back(::socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(all.back().get(), a.get(), a.size) < 0);
  }
  return all;
}

Result<Address> socket_in(const Folder& dir, int backlog, Fd& server) {
  Result<Address> a = net::unix_address(dir / "s");
  REQUIRE(a);
  server = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(server.get(), a->get(), a->size) == 0);
  REQUIRE(::listen(server.get(), backlog) == 0);
  return a;
}
}  // namespace

TEST_CASE("a dialler connects to a unix socket and to TCP") {
  const Folder dir;
  Loop loop;
  Fd server;
  const Result<Address> path = socket_in(dir, 5, server);
  const auto [tcp, address] = tcp_server(5);
  for (const Address& a : {*path, address}) {
    const Result<Fd> fd = dialled(loop, a, in(help::kPatience));
    REQUIRE(fd);
    CHECK((::fcntl(fd->get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(base::write_all(fd->get(), "x"));
    CHECK(net::dial(a, in(help::kPatience)));
  }
}

TEST_CASE("nobody there is told as such, with the name") {
  const Folder dir;
  Loop loop;
  const Result<Address> none = net::unix_address(dir / "none");
  Fd server;
  const Result<Address> dead = socket_in(dir, 5, server);
  auto [tcp, refused] = tcp_server(5);
  server.reset();
  tcp.reset();
  for (const Address& a : {*none, *dead, refused}) {
    const Result<Fd> fd = dialled(loop, a, in(help::kPatience));
    REQUIRE_FALSE(fd);
    CHECK(fd.error().code == Errc::not_found);
    CHECK(fd.error().what.starts_with(a.text + ": "));
    CHECK(net::dial(a, in(help::kPatience)).error().code == Errc::not_found);
  }
}

TEST_CASE("a unix socket whose owner does not accept is a time-out") {
  const Folder dir;
  Loop loop;
  Fd server;
  const Result<Address> a = socket_in(dir, 0, server);
  const std::vector<Fd> full = fill(*a);
  const Result<Fd> fd = dialled(loop, *a, in(help::kPatience));
  REQUIRE_FALSE(fd);
  CHECK(fd.error().code == Errc::timeout);
  CHECK(net::dial(*a, in(help::kPatience)).error().code == Errc::timeout);
}

TEST_CASE("a TCP server that does not answer is given up at the deadline") {
  Loop loop;
  const auto [server, a] = tcp_server(0);
  const std::vector<Fd> full = fill(a);
  const base::Time deadline = in(milliseconds(30));
  const Result<Fd> fd = dialled(loop, a, deadline);
  REQUIRE_FALSE(fd);
  CHECK(fd.error().code == Errc::timeout);
  CHECK(base::Clock::now() >= deadline - milliseconds(1));
  CHECK(net::dial(a, in(milliseconds(10))).error().code == Errc::timeout);
  CHECK(net::dial(a, in(-milliseconds(10))).error().code == Errc::timeout);
}

TEST_CASE("a dialler that goes first calls nobody") {
  const Folder dir;
  Loop loop;
  Fd server;
  const Result<Address> a = socket_in(dir, 5, server);
  const Result<Address> none = net::unix_address(dir / "none");
  for (const Address& to : {*a, *none}) {
    const Dialler dialler(loop, to, in(help::kPatience), [](const Result<Fd>&) { FAIL("called"); });
  }
  help::run_for(loop, milliseconds(5));
}

TEST_CASE("a dialler may be deleted by deferring, from its callback") {
  const Folder dir;
  Loop loop;
  const Result<Address> none = net::unix_address(dir / "none");
  std::unique_ptr<Dialler> dialler;
  dialler = std::make_unique<Dialler>(loop, *none, in(help::kPatience), [&](const Result<Fd>& r) {
    CHECK_FALSE(r);
    loop.defer([&] { dialler.reset(); });
  });
  CHECK(help::run_until(loop, [&] { return !dialler; }));
}
