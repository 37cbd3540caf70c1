// The page in a real browser, with real consoles: tests/browser/console.mjs is its user.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "lib/net/child.h"
#include "lib/tls/context.h"
#include "lib/tls/stream.h"
#include "tests/unit/consoled_web.h"

using help::run_until;
using help_web::Web;

namespace {
// What the API says of the consoles.
void list(Web& w, const http::ExchangePtr& e) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const auto& [name, console] : w.house.consoles->all()) {
    nodes.push_back({{"name", name}, {"state", compatible_name(console.status())}});
  }
  e->respond(http::response(200, "application/json", nlohmann::json{{"nodes", nodes}}.dump()));
}

void kick_all(Web& w, const http::ExchangePtr& e) {
  for (auto& [name, console] : w.house.consoles->all()) {
    for (const auto& [number, viewer] : console.viewers()) console.kick(number);
  }
  e->respond(http::response(200, "text/plain", "kicked"));
}

std::string modules() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "npm/browser/node_modules";
}
}  // namespace

namespace {
// The browser is at the page until it saw everything, or not.
void browse(Web& w, std::string_view scheme) {
  w.router.add("GET", "/nodes", [&w](const auto& e, const auto&) { list(w, e); });
  w.router.add("GET", "/test/kick", [&w](const auto& e, const auto&) { kick_all(w, e); });
  consoled::Console& echo = w.house.add("echo", "sh -c 'echo history line; exec cat'");
  w.house.add("size", "sh -c 'while read x; do echo size $(stty size); done'");
  CHECK(run_until(w.house.loop,
                  [&] { return echo.tape() != nullptr && echo.tape()->ring().head() > 0; }));
  const std::string url =
      base::cat(scheme, "://127.0.0.1:", ntohs(w.name.sin_port), "/web/#token=", w.token());
  net::Command command;
  command.argv = {"node", "tests/browser/console.mjs", url};
  command.environment = net::environment();
  command.environment.push_back("LM_NODE_MODULES=" + modules());
  command.group = true;
  int status = -1;
  const auto browser = net::Child::start(w.house.loop, command, [&](int s) { status = s; });
  REQUIRE(browser);
  CHECK(run_until(w.house.loop, [&] { return !(*browser)->running(); }));
  CHECK(net::exit_code(status) == 0);
}
}  // namespace

TEST_CASE("web face: a browser types and sees the echo, and goes on after a lost connection") {
  Web w;
  browse(w, "http");
}

TEST_CASE("web face: and the same under TLS") {
  const help::Folder pki;
  REQUIRE(std::system(("cd " + pki.path() +
                       " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
                       " -days 2 -keyout key -out cert -subj /CN=localhost"
                       " -addext subjectAltName=DNS:localhost 2>log")
                          .c_str()) == 0);
  const auto server = tls::Context::server({"", pki / "cert", pki / "key"});
  const auto client = tls::Context::client({pki / "cert", "", ""});
  REQUIRE((server && client));
  net::Loop* loop = nullptr;
  Web w({.tls = true}, {.make_stream = [&](base::Fd fd, net::Stream::Events events) {
          return tls::accept_stream(*loop, *server, std::move(fd), std::move(events));
        }});
  loop = &w.house.loop;
  w.dial = [&](base::Fd fd) {
    base::set_nonblocking(fd.get(), true);
    auto s = tls::connect_stream(*loop, *client, std::move(fd), "localhost", {});
    REQUIRE(s);
    return std::move(*s);
  };
  browse(w, "https");
}
