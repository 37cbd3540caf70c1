#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "lib/net/stream.h"
#include "tests/unit/help.h"

using base::Errc;
using help::Far;
using help::run_until;
using net::Loop;
using net::Stream;

namespace {
// A stream, what it received and how it ended.
struct Near {
  Near(Loop& loop, base::Fd fd)
      : stream(loop, std::move(fd),
               {.data = [this](std::string_view b) { got += b; },
                .end =
                    [this](std::optional<base::Error> e) {
                      ends++;
                      error = std::move(e);
                    },
                .low_water = [this] { lows++; }}) {}
  std::string got;
  int ends = 0, lows = 0;
  std::optional<base::Error> error;
  Stream stream;
};

struct Pair {
  explicit Pair(bool small = false, help::Ends ends = help::socket_pair())
      : near((small ? help::small_buffers(ends) : void(), loop), std::move(ends.near)),
        far(std::move(ends.far)) {}
  Loop loop;
  Near near;
  Far far;
};

const std::string& megabyte() {
  static const std::string bytes = [] {
    std::string s;
    for (int i = 0; s.size() < (1U << 20U); i++) s += base::cat("line ", i, "\n");
    return s;
  }();
  return bytes;
}
}  // namespace

TEST_CASE("a stream carries bytes both ways") {
  Pair p;
  p.near.stream.send("to the far end");
  p.far.send(std::string("to\0the near end", 15));
  CHECK(run_until(p.loop, [&] { return p.far.has("far end") && p.near.got.size() == 15; }));
  CHECK(p.near.got == std::string("to\0the near end", 15));
  CHECK(p.near.ends == 0);
  CHECK(p.near.stream.unsent() == 0);
}

TEST_CASE("a stream is full above high water and tells when it fell to low water") {
  Pair p(true);
  CHECK_FALSE(p.near.stream.full());
  p.near.stream.send(megabyte());
  CHECK(p.near.stream.full());
  bool early = false;
  CHECK(run_until(p.loop, [&] {
    p.far.read();
    early = early || (p.near.lows > 0 && p.near.stream.unsent() > Stream::kLowWater);
    return p.near.lows > 0;
  }));
  CHECK_FALSE(early);
  CHECK_FALSE(p.near.stream.full());
  CHECK(run_until(p.loop, [&] {
    p.far.read();
    return p.far.got.size() == megabyte().size();
  }));
  CHECK((p.far.got == megabyte()));
}

TEST_CASE("a paused stream leaves the bytes in the socket, and the peer is held back") {
  Pair p;
  p.near.stream.pause(true);
  p.far.send("waits");
  help::run_for(p.loop, std::chrono::milliseconds(5));
  CHECK(p.near.got.empty());
  p.near.stream.pause(false);
  CHECK(run_until(p.loop, [&] { return p.near.got == "waits"; }));
}

TEST_CASE("finish sends what is left, then the end, and still takes what the peer says") {
  Pair p(true);
  p.near.stream.send(megabyte());
  p.near.stream.finish();
  p.near.stream.finish();
  CHECK_FALSE(p.near.stream.finished());
  CHECK(run_until(p.loop, [&] { return p.far.at_end(); }));
  CHECK(p.far.error == 0);
  CHECK((p.far.got == megabyte()));
  CHECK(p.near.stream.finished());
  p.far.send("an answer");
  CHECK(run_until(p.loop, [&] { return p.near.got == "an answer"; }));
  CHECK(p.near.ends == 0);
  p.far.half_close();
  CHECK(run_until(p.loop, [&] { return p.near.ends == 1; }));
  CHECK_FALSE(p.near.error);
}

TEST_CASE("finish with nothing to send ends at once") {
  Pair p;
  p.near.stream.finish();
  CHECK(p.near.stream.finished());
  CHECK(p.far.at_end());
}

TEST_CASE("a peer that half-closed is told of once, and is still answered") {
  Pair p(true);
  p.far.send("question");
  p.far.half_close();
  CHECK(run_until(p.loop, [&] { return p.near.ends == 1; }));
  CHECK(p.near.got == "question");
  CHECK_FALSE(p.near.error);
  p.near.stream.send(megabyte());
  p.near.stream.pause(true);
  p.near.stream.pause(false);
  p.near.stream.finish();
  CHECK(run_until(p.loop, [&] { return p.far.at_end(); }));
  CHECK((p.far.got == megabyte()));
  CHECK(p.near.ends == 1);
}

TEST_CASE("a peer that breaks is an error, told of once") {
  Pair p(true);
  p.near.stream.send(megabyte());
  p.far.read(100);
  p.far.fd.reset();
  CHECK(run_until(p.loop, [&] { return p.near.ends > 0; }));
  REQUIRE(p.near.error);
  CHECK(p.near.error->code == Errc::closed);
  p.near.stream.send("to nobody");
  help::run_for(p.loop, std::chrono::milliseconds(5));
  CHECK(p.near.ends == 1);
}

TEST_CASE("a peer that half-closed and then breaks is told of twice") {
  Pair p(true);
  p.far.half_close();
  CHECK(run_until(p.loop, [&] { return p.near.ends == 1; }));
  p.near.stream.send(megabyte());
  p.far.fd.reset();
  CHECK(run_until(p.loop, [&] { return p.near.ends == 2; }));
  REQUIRE(p.near.error);
  CHECK(p.near.error->code == Errc::closed);
}

TEST_CASE("a released stream gives back the descriptor, with what was not sent nor read") {
  Pair p(true);
  p.near.stream.send(megabyte());
  CHECK(run_until(p.loop, [&] { return p.far.has("line 1\n"); }));
  p.near.stream.pause(true);
  p.far.send("not read");
  const Stream::Released r = p.near.stream.release();
  REQUIRE(r.fd);
  CHECK(r.unsent.size() < megabyte().size());
  while (!r.unsent.empty()) {
    const size_t before = p.far.got.size();
    p.far.read();
    if (p.far.got.size() == before) break;
  }
  CHECK((p.far.got + r.unsent == megabyte()));
  std::string buf(100, '\0');
  CHECK(::read(r.fd.get(), buf.data(), buf.size()) == 8);
  CHECK(buf.starts_with("not read"));
  CHECK((::fcntl(r.fd.get(), F_GETFL) & O_NONBLOCK) != 0);
  p.near.stream.send("to nobody");
  help::run_for(p.loop, std::chrono::milliseconds(2));
  CHECK(p.near.ends == 0);
}

TEST_CASE("a stream may be released in its data callback") {
  Loop loop;
  help::Ends ends = help::socket_pair();
  Far far(std::move(ends.far));
  Stream::Released r;
  std::unique_ptr<Stream> stream;
  stream = std::make_unique<Stream>(loop, std::move(ends.near),
                                    Stream::Events{.data =
                                                       [&](std::string_view bytes) {
                                                         CHECK(bytes == "take over");
                                                         stream->send("yes\n");
                                                         r = stream->release();
                                                         loop.defer([&] { stream.reset(); });
                                                       },
                                                   .end = [](auto) { FAIL("ended"); },
                                                   .low_water = {}});
  far.send("take over");
  CHECK(run_until(loop, [&] { return !stream; }));
  CHECK(r.unsent == "yes\n");
  CHECK(r.fd);
  CHECK_FALSE(far.at_end());
}

TEST_CASE("a stream that goes closes its descriptor") {
  const size_t before = help::open_descriptors();
  Loop loop;
  help::Ends ends = help::socket_pair();
  Far far(std::move(ends.far));
  { Near near(loop, std::move(ends.near)); }
  CHECK(far.at_end());
  far.fd.reset();
  help::run_for(loop, std::chrono::milliseconds(1));
  CHECK(help::open_descriptors() > before - 1);
}
