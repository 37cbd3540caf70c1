#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/paths.h"
#include "tests/unit/help.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/options.h"

using base::Args;
using consoled::Options;
using consoled::Style;

namespace {

base::Result<Options> read(std::string_view name, const std::vector<const char*>& words) {
  std::vector<const char*> argv = {"x"};
  argv.insert(argv.end(), words.begin(), words.end());
  const auto args = Args::parse(consoled::kUsage, static_cast<int>(argv.size()), argv.data(),
                                Args::Order::anywhere);
  if (!args) return args.error();
  return consoled::read_options(*args, name);
}

std::string wrong(std::string_view name, const std::vector<const char*>& words) {
  const auto o = read(name, words);
  CHECK((o || o.error().code == base::Errc::usage));
  return o ? "" : o.error().what;
}

}  // namespace

TEST_CASE("options: without a word it is our own configuration, as goconserver that one's") {
  const auto own = read("consoled", {});
  REQUIRE(own);
  CHECK(own->style == Style::own);
  CHECK(own->config.empty());
  CHECK_FALSE(own->pty);
  CHECK(read("goconserver", {})->style == Style::goconserver);
  for (const char* word : {"-c", "--config", "--config-file"}) {
    const auto o = read("consoled", {word, "/etc/goconserver/server.conf", "--check"});
    REQUIRE(o);
    CHECK(o->style == Style::goconserver);
    CHECK(o->config == "/etc/goconserver/server.conf");
    CHECK(o->check);
  }
  CHECK(read("consoled", {"-cx"})->config == base::paths::absolute("x"));
}

TEST_CASE("options: cloud-console's line, by its name or with --pty") {
  for (const auto& [name, words] : {std::pair<const char*, std::vector<const char*>>{
                                        "cloud-console", {"/dev/pts/9", "127.0.0.1", "8080"}},
                                    {"consoled", {"--pty", "/dev/pts/9", "127.0.0.1", "8080"}}}) {
    const auto o = read(name, words);
    REQUIRE(o);
    REQUIRE(o->pty);
    CHECK(o->pty->device == "/dev/pts/9");
    CHECK(o->pty->host == "127.0.0.1");
    CHECK(o->pty->port == 8080);
    CHECK(o->pty->logfile.empty());
    CHECK_FALSE(o->no_auth);
  }
  const auto all = read("cloud-console", {"/dev/pts/9", "::", "80", "/l", "--auth", "none"});
  REQUIRE(all);
  CHECK(all->pty->logfile == "/l");
  CHECK(all->no_auth);
}

TEST_CASE("options: what makes no sense is said") {
  CHECK(wrong("consoled", {"x"}) == "x: not expected: see --help");
  CHECK(wrong("cloud-console", {"/d", "1.2.3.4"}) ==
        "--pty: expected device, ip, port, and perhaps a logfile");
  CHECK(wrong("consoled", {"--pty", "/d", "1.2.3.4", "x"}) ==
        "port: expected a whole number from 0 to 65535, got \"x\"");
  CHECK(wrong("consoled", {"--auth", "none"}) ==
        "--auth: only with --pty; the configuration says it by listener");
  CHECK(wrong("consoled", {"--pty", "--auth", "all", "/d", "::", "1"}) ==
        "--auth: only \"none\" is known");
  CHECK(wrong("consoled", {"--pty", "-c", "f", "/d", "::", "1"}) ==
        "--pty: takes no --config, --check and --socket");
  CHECK(wrong("consoled", {"--conf", "x"}) == "--conf: no such option");
}

TEST_CASE("options: consoled(8) has every driver, and every parameter of each") {
  const std::string page = help::text("man/consoled.8");
  const auto says = [&](std::string_view macro, std::string_view word) {
    for (size_t at = 0; (at = page.find(macro, at)) != std::string::npos; at++) {
      const std::string line = page.substr(at, page.find('\n', at + 1) - at) + " ";
      if (line.find(" " + std::string(word) + " ") != std::string::npos) return true;
    }
    return false;
  };
  const auto check_param = [&](std::string_view name) {
    CAPTURE(name);
    CHECK((says("\n.It Va ", name) || says("\n.Va ", name)));
  };
  for (const consoled::DriverKind* kind : consoled::driver_kinds()) {
    CAPTURE(kind->name);
    CHECK(says("\n.It Cm ", kind->name));
    for (const consoled::Param& p : kind->params) check_param(p.name);
  }
  for (const consoled::Param& p : consoled::kCommonParams) check_param(p.name);
}
