#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/log.h"
#include "lib/net/dialler.h"
#include "lib/net/limits.h"
#include "lib/net/listener.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Fd;
using base::Result;
using help::Folder;
using help::run_until;
using net::Address;
using net::Listener;
using net::Loop;

namespace {
Address at(const std::string& path) {
  const Result<Address> a = net::unix_address(path);
  REQUIRE(a);
  return *a;
}

Result<Fd> connect(const Address& a) {
  return net::dial(a, base::Clock::now() + help::kPatience);
}

// The address a TCP socket got.
Address name_of(int fd) {
  Address a;
  a.size = sizeof a.storage;
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&a.storage), &a.size) == 0);
  a.text = "127.0.0.1:0";
  return a;
}
}  // namespace

TEST_CASE("unix addresses are paths of at most 107 bytes, or abstract names") {
  CHECK(at("/x/y.sock").is_path());
  CHECK(at("relative").is_path());
  CHECK_FALSE(at("@x").is_path());
  CHECK(at("@x").is_unix());
  CHECK(at("@x").is_local());
  CHECK(net::unix_address(std::string(107, 'x')));
  const Result<Address> r = net::unix_address(std::string(108, 'x'));
  REQUIRE_FALSE(r);
  CHECK(r.error().code == Errc::too_big);
  CHECK(r.error().what ==
        std::string(108, 'x') + ": a unix socket's path has at most 107 bytes, this one 108");
  for (const std::string& bad : {std::string(), std::string("@"), std::string("a\0b", 3)}) {
    CHECK(net::unix_address(bad).error().code == Errc::bad_input);
  }
}

TEST_CASE("TCP addresses are HOST:PORT, :PORT or [V6]:PORT") {
  struct Row {
    const char* text;
    int family;  // 0: refused
    bool local;
  };
  for (const Row& row : std::vector<Row>{{"127.0.0.1:80", AF_INET, true},
                                         {"127.9.9.9:80", AF_INET, true},
                                         {"[::1]:80", AF_INET6, true},
                                         {"10.0.0.1:80", AF_INET, false},
                                         {"0.0.0.0:80", AF_INET, false},
                                         {"[::]:80", AF_INET6, false},
                                         {"127.0.0.1", 0, false},
                                         {"127.0.0.1:", 0, false},
                                         {"127.0.0.1:no-such-service", 0, false},
                                         {"", 0, false}}) {
    INFO(row.text);
    const Result<Address> a = net::tcp_address(row.text);
    REQUIRE(static_cast<bool>(a) == (row.family != 0));
    if (!a) continue;
    CHECK(a->family() == row.family);
    CHECK(a->is_local() == row.local);
    CHECK_FALSE(a->is_unix());
    CHECK(a->text == row.text);
  }
  const Result<Address> all = net::tcp_address(":80");
  REQUIRE(all);
  CHECK_FALSE(all->is_local());
}

TEST_CASE("a socket's file has the permission bits that were asked for, whatever the umask") {
  const Folder dir;
  const mode_t mask = ::umask(0123);
  for (const unsigned bits : {0077U, 0117U, 0111U, 0U}) {
    const Result<Fd> fd = net::bind_listen(at(dir / "s"), {.umask = bits, .replace_dead = true});
    REQUIRE(fd);
    CHECK(help::mode_of(dir / "s") == (0777 & ~bits));
  }
  CHECK(::umask(mask) == 0123);
}

TEST_CASE("a live socket is refused, also when a dead one would be replaced") {
  const Folder dir;
  const Result<Fd> live = net::bind_listen(at(dir / "s"), {});
  REQUIRE(live);
  CHECK(*net::answers(at(dir / "s")));
  for (const bool replace : {false, true}) {
    const Result<Fd> fd = net::bind_listen(at(dir / "s"), {.replace_dead = replace});
    REQUIRE_FALSE(fd);
    CHECK(fd.error().code == Errc::busy);
    CHECK(fd.error().what.starts_with(dir / "s: is in use"));
  }
  CHECK(connect(at(dir / "s")));
}

TEST_CASE("a dead socket is refused, or replaced where that was asked for") {
  const Folder dir;
  { REQUIRE(net::bind_listen(at(dir / "s"), {})); }
  CHECK_FALSE(*net::answers(at(dir / "s")));
  const Result<Fd> fd = net::bind_listen(at(dir / "s"), {});
  REQUIRE_FALSE(fd);
  CHECK(fd.error().code == Errc::busy);
  CHECK(help::exists(dir / "s"));
  const Result<Fd> again = net::bind_listen(at(dir / "s"), {.replace_dead = true});
  REQUIRE(again);
  CHECK(connect(at(dir / "s")));
}

TEST_CASE("a file that is no socket stays, whatever was asked for") {
  const Folder dir;
  help::put_file(dir / "s", "precious");
  for (const bool replace : {false, true}) {
    const Result<Fd> fd = net::bind_listen(at(dir / "s"), {.replace_dead = replace});
    REQUIRE_FALSE(fd);
    CHECK(fd.error().what == dir / "s" + ": is not a socket");
  }
  CHECK(help::text(dir / "s") == "precious");
  CHECK_FALSE(net::bind_listen(at(dir / "no/such"), {}));
}

TEST_CASE("an abstract socket has no file and one owner") {
  const std::string name = base::cat("@unit-test-", ::getpid());
  const Result<Fd> fd = net::bind_listen(at(name), {});
  REQUIRE(fd);
  CHECK(connect(at(name)));
  const Result<Fd> second = net::bind_listen(at(name), {.replace_dead = true});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::busy);
  CHECK_FALSE(help::exists(name));
}

TEST_CASE("a listener hands over connections, and takes its file with it") {
  const Folder dir;
  Loop loop;
  std::vector<Fd> got;
  Result<Fd> socket = net::bind_listen(at(dir / "s"), {});
  REQUIRE(socket);
  Listener listener(loop, std::move(*socket), dir / "s",
                    [&](Fd fd) { got.push_back(std::move(fd)); });
  std::vector<Fd> peers;
  for (int i = 0; i < 100; i++) peers.push_back(std::move(*connect(at(dir / "s"))));
  CHECK(run_until(loop, [&] { return got.size() == 100; }));
  for (const Fd& fd : got) {
    CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  }
  CHECK(listener.open());
  listener.close();
  listener.close();
  CHECK_FALSE(listener.open());
  CHECK_FALSE(help::exists(dir / "s"));
  CHECK_FALSE(connect(at(dir / "s")));
}

TEST_CASE("a listener leaves a file that is another's by now") {
  const Folder dir;
  Loop loop;
  Result<Fd> socket = net::bind_listen(at(dir / "s"), {});
  REQUIRE(socket);
  Listener listener(loop, std::move(*socket), dir / "s", [](Fd) {});
  // Bound beside it first, for a freed inode may be given again at once.
  const Result<Fd> other = net::bind_listen(at(dir / "t"), {});
  REQUIRE(other);
  REQUIRE(::rename((dir / "t").c_str(), (dir / "s").c_str()) == 0);
  listener.close();
  CHECK(help::exists(dir / "s"));
  CHECK(connect(at(dir / "s")));
}

TEST_CASE("a listener may be closed while it hands over") {
  const Folder dir;
  Loop loop;
  Result<Fd> socket = net::bind_listen(at(dir / "s"), {});
  REQUIRE(socket);
  int got = 0;
  Listener listener(loop, std::move(*socket), dir / "s", [&](Fd) {
    got++;
    listener.close();
  });
  const Result<Fd> a = connect(at(dir / "s")), b = connect(at(dir / "s"));
  CHECK(run_until(loop, [&] { return !listener.open(); }));
  CHECK(got == 1);
}

TEST_CASE("TCP connections have no delay") {
  const Result<Address> address = net::tcp_address("127.0.0.1:0");
  REQUIRE(address);
  Loop loop;
  Result<Fd> socket = net::bind_listen(*address, {});
  REQUIRE(socket);
  const Address name = name_of(socket->get());
  Fd got;
  Listener listener(loop, std::move(*socket), "", [&](Fd fd) { got = std::move(fd); });
  const Result<Fd> peer = connect(name);
  REQUIRE(peer);
  CHECK(run_until(loop, [&] { return static_cast<bool>(got); }));
  for (const int fd : {got.get(), peer->get()}) {
    int on = 0;
    socklen_t size = sizeof on;
    REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
    CHECK(on == 1);
  }
  const Result<Fd> second = net::bind_listen(name, {.replace_dead = true});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::busy);
}

TEST_CASE("without free descriptors a listener pauses, says so, and goes on") {
  const Folder dir;
  Loop loop;
  std::vector<std::string> said;
  base::log::set_sink([&](base::log::Level, std::string_view line) { said.emplace_back(line); });
  std::vector<Fd> got;
  Result<Fd> socket = net::bind_listen(at(dir / "s"), {});
  REQUIRE(socket);
  Listener listener(loop, std::move(*socket), dir / "s",
                    [&](Fd fd) { got.push_back(std::move(fd)); });
  const Result<Fd> peer = connect(at(dir / "s"));
  REQUIRE(peer);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  // The limit is about the number, and the next is the lowest free one.
  const int next = ::dup(STDIN_FILENO);
  ::close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const bool paused = run_until(loop, [&] { return listener.pauses() > 1; });
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(paused);
  CHECK(got.empty());
  CHECK(listener.pauses() < 5);
  CHECK(run_until(loop, [&] { return got.size() == 1; }));
  base::log::set_sink(nullptr);
  CHECK(said == std::vector<std::string>{"accept: Too many open files: new connections wait"});
}

namespace {
// What a process with these variables and a socket as descriptor 3 and 4 makes of them.
std::string inherit(const char* pid, const char* count) {
  return help::forked([&]() -> std::string {
    const help::Ends ends = help::socket_pair();
    ::dup2(ends.near.get(), 3);
    ::dup2(ends.far.get(), 4);
    ::setenv("LISTEN_PID", pid == nullptr ? std::to_string(::getpid()).c_str() : pid, 1);
    ::setenv("LISTEN_FDS", count, 1);
    ::setenv("LISTEN_FDNAMES", "a:b", 1);
    const std::vector<Fd> got = net::inherited_sockets();
    std::string out = base::cat(got.size(), " sockets");
    for (const Fd& fd : got) {
      const bool right = (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0 &&
                         (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0;
      out += base::cat(" ", fd.get(), right ? "" : "!");
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
      if (std::getenv(name) != nullptr) out += base::cat(" left: ", name);
    }
    return out;
  });
}
}  // namespace

TEST_CASE("sockets that systemd passed are taken once, when they were meant for us") {
  CHECK(inherit(nullptr, "2") == "2 sockets 3 4");
  CHECK(inherit(nullptr, "1") == "1 sockets 3");
  CHECK(inherit(nullptr, "0") == "0 sockets");
  CHECK(inherit(nullptr, "many") == "0 sockets");
  CHECK(inherit(nullptr, "-1") == "0 sockets");
  CHECK(inherit("1", "2") == "0 sockets");
}

TEST_CASE("the soft limit of descriptors is raised to the hard one") {
  CHECK(help::forked([]() -> std::string {
          rlimit limit{};
          ::getrlimit(RLIMIT_NOFILE, &limit);
          limit.rlim_cur = 200;
          ::setrlimit(RLIMIT_NOFILE, &limit);
          const uint64_t low = net::descriptor_limit();
          net::raise_descriptor_limit();
          return low == 200 && net::descriptor_limit() == limit.rlim_max ? "raised" : "not";
        }) == "raised");
}
