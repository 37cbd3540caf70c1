// How the daemon stops, with definitions on their way to a real disk, or to one that hangs.
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "lib/base/log.h"
#include "tests/unit/consoled_help.h"
#include "tests/unit/consoled_house.h"
#include "tests/unit/hung.h"
#include "tools/consoled/ending.h"
#include "tools/consoled/nodes.h"

using base::Result;
using consoled::Definitions;

namespace {

struct Stopping {
  Stopping() {
    auto opened = Definitions::open(folder.path(), help::check, house.loop, disk);
    REQUIRE(opened);
    definitions = std::move(*opened);
    nodes = std::make_unique<consoled::Nodes>(definitions.get(), *house.consoles);
    ending = std::make_unique<consoled::Ending>(house.loop, house.session_end, *house.consoles,
                                                *house.journals, definitions.get());
    disk.run(hung.work(), [] {});
    REQUIRE(nodes->create({"n1", "cmd", {{"cmd", "cat"}}, false, {}},
                          [this](const Result<void>& r) { told = r ? "ok" : r.error().what; }));
  }
  bool stored() const {
    net::Loop loop;
    net::DiskJobs jobs(loop);
    const auto again = Definitions::open(folder.path(), help::check, loop, jobs);
    REQUIRE(again);
    return (*again)->find("n1") != nullptr;
  }

  help::Folder folder;
  help::House house{folder.path()};
  help::Hung hung;
  net::DiskJobs disk{house.loop, std::chrono::milliseconds(1)};
  std::unique_ptr<Definitions> definitions;
  std::unique_ptr<consoled::Nodes> nodes;
  std::unique_ptr<consoled::Ending> ending;
  std::string told;
};

}  // namespace

TEST_CASE("ending: what was asked for is on the disk, and told, before the end; nothing connects") {
  Stopping s;
  s.ending->begin();
  s.hung.go_on();
  s.house.loop.run();
  CHECK(s.told == "ok");
  const consoled::Console* n1 = s.house.consoles->find("n1");
  REQUIRE(n1 != nullptr);
  CHECK(n1->status().state == consoled::State::idle);
  CHECK(s.ending->finish() == 0);
  CHECK(s.stored());
}

TEST_CASE("ending: a disk that hangs is not waited for for ever, and what is lost is said") {
  std::string logged;
  base::log::set_sink([&](base::log::Level, std::string_view line) { logged += line; });
  {
    Stopping s;
    s.ending->begin();
    s.house.loop.run();
    CHECK(s.told.empty());
    CHECK(s.ending->finish() == 0);
  }
  base::log::set_sink(nullptr);
  CHECK(logged.find("the disk hangs: changes of definitions that may be lost: 1") !=
        std::string::npos);
}
