#include "lib/redis/connect.h"
#include "tests/unit/port.h"
#include "tests/unit/redis_help.h"

using base::Result;
using help::RedisServer;
using help::run_until;
using redis::Client;

namespace {

std::string free_port() {
  return std::to_string(help::free_port());
}

// Where the helpers were built.
struct Helpers {
  help::Variable folder{
      "LINEMAN_LIBEXEC",
      (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libexec/lineman").c_str()};
};

// The answer to PING, or why there is none.
std::string ping(const std::string& url) {
  const auto target = redis::parse_url(url, redis::Source::environment);
  REQUIRE(target);
  return RedisServer::text_of(redis::ask(*target, {"PING"}, base::Clock::now() + help::kPatience));
}

// An authority, a server's certificate for localhost and 127.0.0.1, a client's.
class Certificates {
 public:
  Certificates() {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out "
        "ca.pem -days 30 -subj /CN=authority");
    issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    issue("client", "subjectAltName=DNS:client");
  }
  std::string operator/(const char* name) const { return folder_ / name; }

 private:
  void run(const std::string& command) const {
    const std::string all = base::cat("cd ", folder_.path(), " && ", command, " >/dev/null 2>&1");
    REQUIRE(std::system(all.c_str()) == 0);
  }
  void issue(const std::string& name, const std::string& extension) const {
    help::put_file(folder_ / "ext", extension);
    run(base::cat("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ",
                  name, ".key -out ", name, ".csr -subj /CN=", name));
    run(base::cat("openssl x509 -req -in ", name, ".csr -CA ca.pem -CAkey ca.key -CAcreateserial ",
                  "-out ", name, ".pem -days 30 -extfile ext"));
  }

  help::Folder folder_;
};

help::Words tls_options(const Certificates& c, const std::string& port, const char* clients) {
  return {"--tls-port",         port,
          "--tls-cert-file",    c / "server.pem",
          "--tls-key-file",     c / "server.key",
          "--tls-ca-cert-file", c / "ca.pem",
          "--tls-auth-clients", clients};
}

}  // namespace

TEST_CASE("a Redis is reached by a numeric address, IPv6 too, and by a name") {
  const Helpers helpers;
  const std::string port = free_port();
  const RedisServer server({"--port", port, "--bind", "127.0.0.1", "-::1"});
  CHECK(ping("redis://127.0.0.1:" + port) == "PONG");
  CHECK(ping("redis://localhost:" + port) == "PONG");
  const std::string v6 = ping("redis://[::1]:" + port);
  CHECK((v6 == "PONG" || v6.find("::1") != std::string::npos));  // a machine may have none
  CHECK(ping("unix:" + server.socket()) == "PONG");
}

TEST_CASE("what cannot be connected to is told with its address") {
  const Helpers helpers;
  const std::string port = free_port();
  CHECK(ping("redis://127.0.0.1:" + port) ==
        base::cat("!127.0.0.1:", port, ": Connection refused"));
  CHECK(ping("redis://no.such.name.invalid:1").starts_with("!no.such.name.invalid: "));
  CHECK(ping("unix:/no/such/socket") == "!/no/such/socket: No such file or directory");
  const std::string deep = "/" + std::string(120, 'x');
  CHECK(ping("unix:" + deep).find("at most 107 bytes") != std::string::npos);
  const help::Variable none("LINEMAN_LIBEXEC", "/nowhere");
  CHECK(ping("redis://localhost:1").find("/nowhere/resolve: No such file") != std::string::npos);
  CHECK(ping("rediss://localhost:1").find("/nowhere/tlspipe: No such file") != std::string::npos);
}

TEST_CASE("TLS: the server is verified, and shown a certificate where it wants one") {
  const Helpers helpers;
  const Certificates c;
  const std::string port = free_port();
  const RedisServer server(tls_options(c, port, "yes"));
  const std::string url = base::cat("rediss://localhost:", port);
  const std::string ours =
      base::cat("?ca=", c / "ca.pem", "&cert=", c / "client.pem", "&key=", c / "client.key");
  CHECK(ping(url + ours) == "PONG");
  CHECK(ping(base::cat("rediss://127.0.0.1:", port, ours)) == "PONG");
  const std::string unknown = ping(url);
  CHECK_MESSAGE(unknown.find("certificate") != std::string::npos, unknown);
  const std::string uninvited = ping(base::cat(url, "?ca=", c / "ca.pem"));
  CHECK_MESSAGE(uninvited.find("client certificate") != std::string::npos, uninvited);
  const std::string misnamed = ping(base::cat("rediss://[::ffff:127.0.0.1]:", port, ours));
  CHECK_MESSAGE(misnamed.find("certificate") != std::string::npos, misnamed);
  const std::string nofile = ping(url + "?ca=/no/such.pem");
  CHECK_MESSAGE(nofile.find("/no/such.pem") != std::string::npos, nofile);
}

TEST_CASE("TLS: commands, big answers, and a server that goes and comes back") {
  const Helpers helpers;
  const Certificates c;
  const std::string port = free_port();
  RedisServer server(tls_options(c, port, "no"));
  const auto target = redis::parse_url(base::cat("rediss://localhost:", port, "?ca=", c / "ca.pem"),
                                       redis::Source::environment);
  REQUIRE(target);
  net::Loop loop;
  help::Told told;
  Client client(loop, redis::connector(*target), {}, told.events());
  REQUIRE(run_until(loop, [&] { return client.ready(); }));
  const std::string big(3 << 20, 'x');
  client.command({"SET", "k", big}, nullptr);
  int good = 0, bad = 0;
  for (int i = 0; i < 10; i++) {
    client.command({"GET", "k"}, [&](const Result<redis::Reply>& r) {
      (r && r->text.size() == big.size() ? good : bad)++;
    });
  }
  REQUIRE(run_until(loop, [&] { return good + bad == 10; }));
  CHECK(good == 10);
  const size_t open = help::open_descriptors();
  server.kill();
  REQUIRE(run_until(loop, [&] { return told.lost == 1; }));
  server.start();
  REQUIRE(run_until(loop, [&] { return client.ready(); }));
  CHECK(help::open_descriptors() == open);
}

TEST_CASE("TLS: two clients of one way to connect do not cut each other's connection") {
  const Helpers helpers;
  const Certificates c;
  const std::string port = free_port();
  const RedisServer server(tls_options(c, port, "no"));
  const auto target = redis::parse_url(base::cat("rediss://localhost:", port, "?ca=", c / "ca.pem"),
                                       redis::Source::environment);
  REQUIRE(target);
  net::Loop loop;
  const redis::Connect connect = redis::connector(*target);
  Client one(loop, connect, {}, {}), two(loop, connect, {}, {});
  REQUIRE(run_until(loop, [&] { return one.ready() && two.ready(); }));
  int good = 0, bad = 0;
  for (Client* client : {&one, &two}) {
    client->command({"PING"}, [&](const Result<redis::Reply>& r) { (r ? good : bad)++; });
  }
  REQUIRE(run_until(loop, [&] { return good + bad == 2; }));
  CHECK(good == 2);
  CHECK(one.connections() + two.connections() == 2);
}

TEST_CASE("TLS to a port that speaks none is told, not waited for without end") {
  const Helpers helpers;
  const std::string port = free_port();
  const RedisServer server({"--port", port});
  const std::string said = ping("rediss://127.0.0.1:" + port);
  CHECK(said.starts_with("!127.0.0.1:" + port + ": "));
}
