// consoled's drivers without a console: what they are given, and who takes what they say.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/ring.h"
#include "lib/net/listener.h"
#include "lib/net/stream.h"
#include "lib/ssh/client.h"
#include "tests/unit/help.h"
#include "tools/consoled/drivers.h"

namespace help::driver {

// The console's side: a ring, and what the driver said.
class Intake : public consoled::Intake {
 public:
  std::optional<consoled::SourcePosition> last_position() const override { return last; }
  void opened(std::optional<consoled::SourcePosition> source) override {
    CHECK_FALSE(is_open);
    is_open = true;
    position = source;
    opened_at = ring.head();
  }
  iovec room() override { return full ? iovec{} : ring.space(ring.size()); }
  void commit(size_t n) override {
    const uint64_t from = ring.head();
    ring.commit(n);
    std::string piece(n, '\0');
    ring.copy(from, n, piece.data());
    text += piece;
  }
  void publish() override { published++; }
  void moved(consoled::SourcePosition source, std::string why) override {
    position = source;
    opened_at = ring.head();
    moves.push_back(std::move(why));
  }
  void writable() override { writables++; }
  void closed(base::Error why) override {
    CHECK_FALSE(over);
    over = std::move(why);
  }

  base::Ring ring{1 << 20};
  std::string text;
  std::optional<consoled::SourcePosition> last, position;
  uint64_t opened_at = 0;  // ring offset of that position
  std::vector<std::string> moves;
  bool is_open = false, full = false;
  int published = 0, writables = 0;
  std::optional<base::Error> over;
};

inline std::string build_bin() {
  std::string exe(4096, '\0');
  const ssize_t n = ::readlink("/proc/self/exe", exe.data(), exe.size());
  exe.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return exe.substr(0, exe.rfind('/')) + "/bin";
}

struct House {
  net::Loop loop;
  net::SessionEnd session_end{loop};
  help::Folder folder;
  ssh::Client client{loop};
  consoled::Surroundings around{.loop = loop,
                                .session_end = session_end,
                                .runtime = folder.path(),
                                .state = folder.path(),
                                .bin = build_bin(),
                                .ssh = &client};

  // A driver that was asked to open.
  std::unique_ptr<consoled::Driver> open(const consoled::Node& node, Intake& intake) {
    const auto ok = consoled::check_node(node);
    REQUIRE_MESSAGE(ok, ok.error().what);
    auto d = consoled::driver_kind(node.driver)->make(around, node, intake);
    d->open(loop.now() + std::chrono::seconds(10));
    CHECK_FALSE(intake.is_open);  // never within the call
    return d;
  }
  template <class Done>
  bool until(Done done) {
    return help::run_until(loop, done);
  }
  bool says(Intake& intake, const std::string& what) {
    return until([&] { return intake.text.find(what) != std::string::npos; });
  }
  ~House() {
    CHECK(until([&] { return session_end.pending() == 0; }));
  }
};

// A listener in this process, whose first connection is `peer`.
struct Server {
  Server(net::Loop& loop, const net::Address& at)
      : listener(loop, bind(at), "", [this, &loop](base::Fd fd) {
          peer = std::make_unique<net::Stream>(
              loop, std::move(fd),
              net::Stream::Events{.data = [this](std::string_view b) { got += b; },
                                  .end = [this](auto) { ended = true; },
                                  .low_water = nullptr});
        }) {}
  base::Fd bind(const net::Address& at) {
    auto fd = net::bind_listen(at, {});
    REQUIRE(fd);
    sockaddr_in name{};
    socklen_t size = sizeof name;
    if (!at.is_unix() && ::getsockname(fd->get(), reinterpret_cast<sockaddr*>(&name), &size) == 0) {
      port = ntohs(name.sin_port);
    }
    return std::move(*fd);
  }
  uint16_t port = 0;
  std::string got;
  bool ended = false;
  std::unique_ptr<net::Stream> peer;
  net::Listener listener;
};

}  // namespace help::driver
