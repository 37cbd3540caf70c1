// net/resolve, with a script in the helper's place: a resolver that says what the test wants.
#include <netinet/in.h>
#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/paths.h"
#include "lib/net/listener.h"
#include "lib/net/resolve.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Result;
using Addresses = Result<std::vector<net::Address>>;

namespace {

base::Time soon(int ms = 20000) {
  return base::Clock::now() + std::chrono::milliseconds(ms);
}

// A folder with such a `resolve` in it, which the tests find by $LINEMAN_LIBEXEC.
class Helper {
 public:
  explicit Helper(const std::string& script)
      : variable_("LINEMAN_LIBEXEC", folder_.path().c_str()) {
    help::put_file(folder_ / "resolve", "#!/bin/sh\n" + script);
    REQUIRE(::chmod((folder_ / "resolve").c_str(), 0755) == 0);
  }

 private:
  help::Folder folder_;
  help::Variable variable_;
};

Addresses resolve(const std::string& host, uint16_t port, base::Time deadline) {
  net::Loop loop;
  std::optional<Addresses> got;
  net::Resolve r(loop, host, port, deadline, [&](Addresses a) { got = std::move(a); });
  CHECK(!got);  // never before the constructor returned
  REQUIRE(help::run_until(loop, [&] { return got.has_value(); }));
  return *got;
}

std::string texts(const Addresses& a) {
  if (!a) return "error: " + a.error().what;
  std::string out;
  for (const net::Address& one : *a) out += one.text + " ";
  return out;
}

Result<base::Fd> dial(const std::string& host, uint16_t port, base::Time deadline) {
  net::Loop loop;
  std::optional<Result<base::Fd>> got;
  net::NameDialler d(loop, host, port, deadline, [&](Result<base::Fd> fd) { got = std::move(fd); });
  REQUIRE(help::run_until(loop, [&] { return got.has_value(); }));
  return std::move(*got);
}

struct Server {
  base::Fd fd;
  uint16_t port = 0;
};

Server listen_on(const std::string& host) {
  Server out;
  const auto address = net::numeric_address(host, 0);
  REQUIRE(address);
  auto fd = net::bind_listen(*address, {});
  REQUIRE(fd);
  sockaddr_storage s{};
  socklen_t size = sizeof s;
  REQUIRE(::getsockname(fd->get(), reinterpret_cast<sockaddr*>(&s), &size) == 0);
  out.port = ntohs(reinterpret_cast<const sockaddr_in*>(&s)->sin_port);
  out.fd = std::move(*fd);
  return out;
}

}  // namespace

TEST_CASE("resolve: a numeric host needs no helper") {
  const help::Variable none("LINEMAN_LIBEXEC", "/nonexistent");
  CHECK(texts(resolve("127.0.0.1", 6379, soon())) == "127.0.0.1:6379 ");
  CHECK(texts(resolve("::1", 6379, soon())) == "[::1]:6379 ");
}

TEST_CASE(
    "resolve: a name's addresses come in the helper's order, with the port that was asked for") {
  const Helper helper("echo '[::1]:1'; echo 127.0.0.2:1; [ \"$1 $2\" = 'db.example 6380' ]");
  CHECK(texts(resolve("db.example", 6380, soon())) == "[::1]:6380 127.0.0.2:6380 ");
}

TEST_CASE("resolve: what the helper refuses is told with its words and kind") {
  struct {
    const char* script;
    Errc code;
    const char* what;
  } const table[] = {
      {"echo 'resolve: x.example: unknown' >&2; exit 1", Errc::not_found, "x.example: unknown"},
      {"echo 'resolve: x.example: no server' >&2; exit 111", Errc::io, "x.example: no server"},
      {"kill -9 $$", Errc::io, "x.example: resolver: signal 9 (Killed)"},
      {"exit 0", Errc::io, "x.example: the resolver named no address"},
      {"echo nonsense", Errc::io, "x.example: nonsense: not a numeric address"},
  };
  for (const auto& t : table) {
    const Helper helper(t.script);
    const Addresses got = resolve("x.example", 1, soon());
    REQUIRE(!got);
    CHECK(got.error().what == t.what);
    CHECK(got.error().code == t.code);
  }
}

TEST_CASE("resolve: a missing helper, an empty name and an option are errors") {
  const help::Variable none("LINEMAN_LIBEXEC", "/nonexistent");
  CHECK(texts(resolve("a.example", 1, soon())) ==
        "error: a.example: cannot run /nonexistent/resolve: No such file or directory");
  CHECK(resolve("", 1, soon()).error().code == Errc::not_found);
  CHECK(resolve("--help", 1, soon()).error().code == Errc::not_found);
}

TEST_CASE("resolve: at the deadline the helper is ended, and no zombie stays") {
  const Helper helper("exec sleep 1000");
  const base::Time start = base::Clock::now();
  const Addresses got = resolve("slow.example", 1, soon(100));
  REQUIRE(!got);
  CHECK(got.error().code == Errc::timeout);
  CHECK(got.error().what == "slow.example: name lookup: Connection timed out");
  CHECK(base::Clock::now() - start < std::chrono::seconds(10));
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no child left
}

TEST_CASE("resolve: who goes first takes the helper along") {
  const Helper helper("exec sleep 1000");
  const size_t before = help::open_descriptors();
  {
    net::Loop loop;
    net::Resolve r(loop, "slow.example", 1, soon(), [](const Addresses&) { FAIL("called"); });
  }
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(help::open_descriptors() == before);
}

TEST_CASE("name dialler: takes the first address that answers") {
  const Server server = listen_on("127.0.0.1");
  const Helper helper("echo 127.0.0.9:1; echo 127.0.0.1:1");
  const Result<base::Fd> fd = dial("db.example", server.port, soon());
  REQUIRE(fd);
  CHECK(fd->get() >= 0);
}

TEST_CASE("name dialler: the error names the host and the last address") {
  const uint16_t port = listen_on("127.0.0.1").port;  // free again
  {
    const Helper helper("echo 127.0.0.8:1; echo 127.0.0.9:1");
    const Result<base::Fd> fd = dial("db.example", port, soon());
    REQUIRE(!fd);
    CHECK(fd.error().what == base::cat("db.example: 127.0.0.9:", port, ": Connection refused"));
  }
  const Result<base::Fd> fd = dial("127.0.0.1", port, soon());
  REQUIRE(!fd);
  CHECK(fd.error().what == base::cat("127.0.0.1:", port, ": Connection refused"));
}

TEST_CASE("libexec: beside the program, unless $LINEMAN_LIBEXEC says where") {
  {
    const help::Variable unset("LINEMAN_LIBEXEC", nullptr);
    CHECK(base::paths::libexec().ends_with("/../libexec/lineman"));
    CHECK(base::paths::libexec().starts_with("/"));
  }
  const help::Variable set("LINEMAN_LIBEXEC", "/x/y");
  CHECK(base::paths::libexec() == "/x/y");
}
