// The TCP ports across reloads: opened, closed for newcomers, and gone with who was there.
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/consoled_house.h"
#include "tools/consoled/fronts.h"

using consoled::Face;
using help::Far;
using help::run_until;

namespace {
struct Ports {
  Ports() {
    auto made = consoled::Fronts::open(*house.shared, nodes, commands, {}, base::wall_us());
    REQUIRE(made);
    fronts = std::move(*made);
  }
  // As after a reload that wants these faces, each at any port of 127.0.0.1.
  void reload(const std::vector<Face>& faces) {
    house.config.listeners.clear();
    for (const Face face : faces) {
      house.config.listeners.push_back({face, "127.0.0.1:0", false, {}});
    }
    house.events.emit("reload", {});
  }

  help::Folder dir;
  help::House house{dir.path()};
  consoled::Nodes nodes{nullptr, *house.consoles};
  consoled::ControlCommands commands{*house.shared, nodes, 0, {}};
  std::unique_ptr<consoled::Fronts> fronts;
};

// The ports of this process where somebody listens.
std::set<uint16_t> listening() {
  std::set<uint16_t> ports;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    int on = 0;
    socklen_t size = sizeof on;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) == 0 && on != 0 &&
        net::port_of(fd) != 0) {
      ports.insert(net::port_of(fd));
    }
  }
  return ports;
}

Far connect(uint16_t port) {
  const auto address = net::tcp_address("127.0.0.1:" + std::to_string(port));
  base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(fd.get(), address->get(), address->size) == 0);
  return Far(std::move(fd));
}
}  // namespace

TEST_CASE("ports that a reload closes are gone when nobody is there") {
  Ports p;
  for (int i = 0; i < 3; i++) {
    p.reload({Face::api, Face::console});
    CHECK(p.fronts->ports() == 2);
    p.reload({});
    CHECK(p.fronts->ports() == 0);
    CHECK(listening().empty());
  }
}

TEST_CASE("who is at a port that a reload closes is served, and the port goes after that") {
  Ports p;
  p.house.add("n1", "cat");
  p.reload({Face::api});
  Far asker = connect(*listening().begin());
  const auto asks = [&] {
    asker.got.clear();
    asker.send("GET /nodes HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return run_until(p.house.loop, [&] { return asker.has("n1"); });
  };
  CHECK(asks());
  p.reload({Face::console});
  CHECK(p.fronts->ports() == 2);
  Far viewer = connect(*listening().begin());
  viewer.send(net::frames_of(R"({"action":1,"node":"n1"})"));
  CHECK(run_until(p.house.loop, [&] { return viewer.has("welcome to the session of n1"); }));
  p.reload({});
  CHECK(p.fronts->ports() == 2);
  CHECK(listening().empty());
  CHECK(asks());
  viewer.send(net::frames_of("typed\r"));
  CHECK(run_until(p.house.loop, [&] { return viewer.has("typed"); }));
  asker.fd.reset();
  viewer.fd.reset();
  CHECK(run_until(p.house.loop, [&] {
    p.reload({});
    return p.fronts->ports() == 0;
  }));
}
