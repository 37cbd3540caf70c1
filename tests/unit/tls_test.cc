// tls over socket pairs: streams, sessions, and the words for what is refused. The certificates are
// made by openssl(1); what real servers do stands in tests/bats/tlspipe.bats.
#include <openssl/x509_vfy.h>

#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "lib/tls/context.h"
#include "lib/tls/session.h"
#include "lib/tls/stream.h"
#include "lib/tls/verify.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Result;
using net::Stream;

namespace {

// An authority, and certificates of it for a.example (server) and for a client.
class Pki {
 public:
  Pki() {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        " -keyout ca.key -out ca.pem -subj /CN=Ours");
    certificate("server", "DNS:a.example,IP:192.0.2.1,IP:2001:db8::1");
    certificate("client", "DNS:client.example");
  }
  std::string operator/(const std::string& name) const { return folder_ / name; }
  tls::Files files(const std::string& name) const {
    return {folder_ / "ca.pem", folder_ / (name + ".pem"), folder_ / (name + ".key")};
  }

 private:
  void run(const std::string& command) const {
    REQUIRE(std::system(("cd " + folder_.path() + " && " + command + " 2>log").c_str()) == 0);
  }
  void certificate(const std::string& name, const std::string& alternatives) const {
    run("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name +
        ".key -subj /CN=" + name + " -out csr");
    help::put_file(folder_ / "ext", "subjectAltName=" + alternatives);
    run("openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext"
        " -out " +
        name + ".pem");
  }
  help::Folder folder_;
};

const Pki& pki() {
  static const Pki made;
  return made;
}

tls::Context client_context(bool with_certificate = true) {
  tls::Files files = pki().files("client");
  if (!with_certificate) files = {files.ca, "", ""};
  Result<tls::Context> c = tls::Context::client(files);
  REQUIRE(c);
  return std::move(*c);
}

tls::Context server_context(bool demanding = true) {
  tls::Files files = pki().files("server");
  if (!demanding) files.ca.clear();
  Result<tls::Context> c = tls::Context::server(files);
  REQUIRE(c);
  return std::move(*c);
}

// One end of a connection: what it was told.
struct End {
  std::string got;
  bool ready = false, over = false;
  std::optional<base::Error> error;
  std::unique_ptr<Stream> stream;

  Stream::Events events() {
    return {.data = [this](std::string_view bytes) { got += bytes; },
            .end =
                [this](std::optional<base::Error> e) {
                  over = true;
                  if (e) error = std::move(e);
                },
            .low_water = nullptr,
            .ready = [this] { ready = true; }};
  }
};

struct Connection {
  net::Loop loop;
  tls::Context near_context, far_context;
  End near, far;

  explicit Connection(const std::string& name = "a.example", bool certificate = true,
                      bool demanding = true)
      : near_context(client_context(certificate)), far_context(server_context(demanding)) {
    help::Ends ends = help::socket_pair();
    auto c = tls::connect_stream(loop, near_context, std::move(ends.near), name, near.events());
    auto s = tls::accept_stream(loop, far_context, std::move(ends.far), far.events());
    REQUIRE(c);
    REQUIRE(s);
    near.stream = std::move(*c);
    far.stream = std::move(*s);
  }
  template <class F>
  bool until(F f) {
    return help::run_until(loop, f);
  }
};

}  // namespace

TEST_CASE("tls stream: what is sent before the handshake comes through after it, both ways") {
  Connection c;
  c.near.stream->send("hello");
  c.far.stream->send("welcome");
  REQUIRE(c.until([&] { return c.near.got == "welcome" && c.far.got == "hello"; }));
  CHECK(c.near.ready);
  CHECK(c.far.ready);
}

TEST_CASE("tls stream: a megabyte, then the end, and the answer after it") {
  Connection c;
  const std::string big(1 << 20, 'x');
  c.near.stream->send(big);
  c.near.stream->finish();
  REQUIRE(c.until([&] { return c.far.over; }));
  CHECK(c.far.got == big);
  CHECK_FALSE(c.far.error);
  c.far.stream->send("answer");
  c.far.stream->finish();
  REQUIRE(c.until([&] { return c.near.over; }));
  CHECK(c.near.got == "answer");
  CHECK_FALSE(c.near.error);
}

TEST_CASE("tls stream: who goes with its last words unsent sends them and says goodbye") {
  Connection c;
  REQUIRE(c.until([&] { return c.near.ready && c.far.ready; }));
  c.near.stream->send("last words");
  c.near.stream.reset();
  REQUIRE(c.until([&] { return c.far.over; }));
  CHECK(c.far.got == "last words");
  CHECK_FALSE(c.far.error);
}

TEST_CASE("tls stream: an end without goodbye is an error") {
  Connection c;
  REQUIRE(c.until([&] { return c.near.ready && c.far.ready; }));
  ::shutdown(c.near.stream->fd(), SHUT_RDWR);
  REQUIRE(c.until([&] { return c.far.over; }));
  REQUIRE(c.far.error);
  CHECK(c.far.error->code == Errc::closed);
}

TEST_CASE("tls stream: numeric addresses are looked for among the addresses") {
  for (const char* name : {"192.0.2.1", "2001:db8::1", "a.example.", "A.Example"}) {
    Connection c(name);
    CHECK(c.until([&] { return c.near.ready || c.near.over; }));
    CHECK(c.near.ready);
  }
}

TEST_CASE("tls stream: another name is refused, nothing is handed over or sent") {
  for (const char* name : {"b.example", "192.0.2.2", "example", "server"}) {
    Connection c(name);
    c.near.stream->send("secret");
    c.far.stream->send("lie");
    REQUIRE(c.until([&] { return c.near.over && c.far.over; }));
    REQUIRE(c.near.error);
    CHECK(c.near.error->code == Errc::denied);
    CHECK(c.near.error->what ==
          base::cat("certificate refused: it is for a.example, 192.0.2.1, 2001:db8::1, not for ",
                    name));
    CHECK(c.near.got.empty());
    CHECK(c.far.got.empty());
    CHECK_FALSE(c.near.ready);
  }
}

TEST_CASE("tls stream: a demanding server refuses who shows no certificate, others do not") {
  {
    Connection c("a.example", false);
    REQUIRE(c.until([&] { return c.far.over && c.near.over; }));
    REQUIRE(c.far.error);
    CHECK(c.far.error->what == "the peer showed no certificate");
    REQUIRE(c.near.error);
    CHECK(c.near.error->what == "the peer demands a client certificate");
  }
  Connection c("a.example", false, false);
  c.near.stream->send("x");
  CHECK(c.until([&] { return c.far.got == "x"; }));
}

TEST_CASE("tls stream: a peer that speaks something else is told from one that is refused") {
  net::Loop loop;
  const tls::Context context = client_context();
  help::Ends ends = help::socket_pair();
  End near;
  auto s = tls::connect_stream(loop, context, std::move(ends.near), "a.example", near.events());
  REQUIRE(s);
  REQUIRE(base::write_all(ends.far.get(), "220 mail.example ESMTP\r\n"));
  REQUIRE(help::run_until(loop, [&] { return near.over; }));
  CHECK(near.error->what == "the peer does not speak TLS");
}

TEST_CASE("tls: a client needs a name, and one that can be sent") {
  const tls::Context context = client_context();
  for (const std::string& name : {std::string(), std::string("."), std::string(300, 'a')}) {
    CHECK_FALSE(tls::client_handle(context, name));
  }
}

TEST_CASE("tls session: steps that wait say for what; bytes go both ways; the end is told") {
  const tls::Context near_context = client_context();
  const tls::Context far_context = server_context();
  help::Ends ends = help::socket_pair();
  auto near = tls::Session::client(near_context, std::move(ends.near), "a.example");
  auto far = tls::Session::server(far_context, std::move(ends.far));
  REQUIRE(near);
  REQUIRE(far);
  Result<tls::Step> a = tls::Step::read;
  Result<tls::Step> b = tls::Step::read;
  for (int i = 0; i < 10 && (*a != tls::Step::done || *b != tls::Step::done); i++) {
    a = near->handshake();
    b = far->handshake();
    REQUIRE(a);
    REQUIRE(b);
  }
  std::array<char, 100> room{};
  size_t n = 0;
  CHECK(*far->read(room, n) == tls::Step::read);
  CHECK(n == 0);
  CHECK(*near->write("ping", n) == tls::Step::done);
  CHECK(n == 4);
  n = 0;
  CHECK(*far->read(room, n) == tls::Step::done);
  CHECK(std::string(room.data(), n) == "ping");
  CHECK(*near->shut() == tls::Step::done);
  n = 0;
  CHECK(*far->read(room, n) == tls::Step::ended);
  CHECK(*far->write("pong", n) == tls::Step::done);
  n = 0;
  CHECK(*near->read(room, n) == tls::Step::done);
  CHECK(n == 4);
}

TEST_CASE("tls context: errors name the file") {
  tls::Files files = pki().files("server");
  files.key = pki() / "client.key";
  const Result<tls::Context> mixed = tls::Context::server(files);
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().what.starts_with(files.key + ": "));
  files.cert = "/nonexistent/cert.pem";
  const Result<tls::Context> missing = tls::Context::server(files);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what == "/nonexistent/cert.pem: No such file or directory");
  CHECK_FALSE(tls::Context::client({pki() / "log", "", ""}));
  CHECK_FALSE(tls::Context::server({}));
}

TEST_CASE("refusal: without a certificate OpenSSL's words must do") {
  CHECK(tls::refusal(X509_V_ERR_CERT_HAS_EXPIRED, nullptr, "a.example") ==
        "certificate has expired");
}
