// A house of consoles as main builds it, in a folder of its own, for unit tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/help.h"
#include "tools/consoled/consoles.h"

namespace help {

struct House {
  explicit House(const std::string& folder, bool journal = true) {
    config.journal.on = journal;
    config.journal.dir = folder + "/log";
    config.connect.first_wait = std::chrono::milliseconds(50);
    config.connect.longest_wait = std::chrono::milliseconds(200);
    config.connect.timeout = std::chrono::seconds(5);
    around.runtime = around.state = folder;
    journals = std::make_unique<consoled::Journals>(loop, config.journal);
    REQUIRE(journals->start());
    shared = std::make_unique<consoled::Shared>(
        consoled::Shared{loop, config, around, *journals, turns, events, nullptr, base::wall_us()});
    events.listen([this](std::string_view name, const nlohmann::json& fields) {
      happened.push_back(std::string(name));
      last = fields;
    });
    consoles = std::make_unique<consoled::Consoles>(*shared);
  }
  ~House() {
    consoles.reset();
    CHECK(journals->stop(base::Clock::now() + kPatience));
    CHECK(run_until(loop, [&] { return session_end.pending() == 0; }));
  }

  consoled::Console& add(const std::string& name, const std::string& command, bool ondemand = false,
                         std::map<std::string, std::string> params = {}) {
    params["cmd"] = command;
    return consoles->add({name, "cmd", std::move(params), ondemand, {}});
  }
  bool reaches(const consoled::Console& c, consoled::State state) {
    return run_until(loop, [&] { return c.status().state == state; });
  }
  bool has_happened(std::string_view name) const {
    return std::find(happened.begin(), happened.end(), name) != happened.end();
  }

  net::Loop loop;
  consoled::Config config;
  net::SessionEnd session_end{loop};
  consoled::Surroundings around{loop, session_end, "", "", ""};
  consoled::Turns turns{loop, {}};
  peer::Events events;
  std::vector<std::string> happened;
  nlohmann::json last;
  std::unique_ptr<consoled::Journals> journals;
  std::unique_ptr<consoled::Shared> shared;
  std::unique_ptr<consoled::Consoles> consoles;
};

// One who looks at a console, from the other end of a socket.
struct Looker {
  explicit Looker(consoled::Console& c, consoled::Admission a = {})
      : Looker(c, std::move(a), socket_pair()) {}
  Looker(consoled::Console& c, consoled::Admission a, Ends ends) : far(std::move(ends.far)) {
    if (a.from == 0) a.from = c.seen().shown;
    a.gone = [this] { gone = true; };
    viewer = &c.attach(std::move(ends.near), a);
  }
  Far far;
  bool gone = false;
  consoled::Viewer* viewer;
};

}  // namespace help
