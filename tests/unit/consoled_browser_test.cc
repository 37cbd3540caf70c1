// The page in a real browser, with real consoles: tests/browser/console.mjs is its user.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "lib/net/child.h"
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

TEST_CASE("web face: a browser types and sees the echo, and goes on after a lost connection") {
  Web w;
  w.router.add("GET", "/nodes", [&w](const auto& e, const auto&) { list(w, e); });
  w.router.add("GET", "/test/kick", [&w](const auto& e, const auto&) { kick_all(w, e); });
  consoled::Console& echo = w.house.add("echo", "sh -c 'echo history line; exec cat'");
  w.house.add("size", "sh -c 'while read x; do echo size $(stty size); done'");
  CHECK(run_until(w.house.loop,
                  [&] { return echo.tape() != nullptr && echo.tape()->ring().head() > 0; }));
  const std::string url =
      base::cat("http://127.0.0.1:", ntohs(w.name.sin_port), "/web/#token=", w.token());
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
