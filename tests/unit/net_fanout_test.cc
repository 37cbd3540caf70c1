#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/base/fd.h"
#include "lib/net/fanout.h"
#include "tests/unit/help.h"

using help::Ends;
using help::Far;
using help::run_until;
using net::Fanout;
using net::Loop;
using net::Viewer;
using net::Watch;
using std::chrono::milliseconds;

namespace {

constexpr size_t kRing = 64 * 1024UL;
constexpr size_t kLine = 50;

// What the source says: lines of 50 bytes, each with its number, so that any piece of it can be
// told from any other.
void say(uint64_t from, size_t n, char* out) {
  while (n > 0) {
    std::array<char, 80> line{};
    std::snprintf(line.data(), line.size(), "%012llu the console says a line of fifty....\n",
                  static_cast<unsigned long long>(from / kLine));
    const size_t at = from % kLine;
    const size_t k = std::min(n, kLine - at);
    std::copy_n(line.data() + at, k, out);
    from += k;
    out += k;
    n -= k;
  }
}

std::string said(uint64_t from, uint64_t to) {
  std::string s(to - from, '\0');
  say(from, s.size(), s.data());
  return s;
}

// A source in flood, as a pty is: read in the loop's time, held back by the fanout.
struct Source {
  Source(Loop& loop, Fanout& f)
      : fanout(f),
        ends(help::socket_pair()),
        hooks{.floor = [this] { return fanout.ring().head(); },
              .resume =
                  [this] {
                    resumes++;
                    held_for += base::Clock::now() - held_at;
                    interest(false);
                  }},
        watch(
            loop, ends.near.get(), [this](unsigned) { gather(); }, net::Priority::bulk) {
    REQUIRE(base::write_all(ends.far.get(), "always readable"));
  }
  ~Source() { fanout.forget(hooks); }

  void until(uint64_t to) {
    total = to;
    interest(held);
  }
  void interest(bool on_hold) {
    held = on_hold;
    watch.want(!held && sent < total ? Watch::kRead : Watch::kNothing);
  }
  void gather() {
    size_t room = std::min<uint64_t>(fanout.room(hooks), total - sent);
    if (room == 0) {
      held_at = base::Clock::now();
      holds++;
      interest(true);
      return;
    }
    while (room > 0) {
      const iovec space = fanout.ring().space(room);
      say(sent, space.iov_len, static_cast<char*>(space.iov_base));
      fanout.ring().commit(space.iov_len);
      sent += space.iov_len;
      room -= space.iov_len;
    }
    fanout.publish();
    interest(false);
  }

  Fanout& fanout;
  Ends ends;
  net::Source hooks;
  Watch watch;
  uint64_t sent = 0, total = 0;
  bool held = false;
  int holds = 0, resumes = 0;
  base::Time held_at;
  base::Duration held_for{};
};

// One who watches: reads at once when there is something, unless told not to.
struct Reader {
  Reader(Loop& loop, Fanout& fanout, bool small = false, uint64_t from = 0,
         const std::string& prefix = "", Ends ends = help::socket_pair(),
         const net::Framing* framing = nullptr)
      : far(std::move(ends.far)), watch(loop, far.fd.get(), [this](unsigned) {
          if (far.at_end()) watch.want(Watch::kNothing);
        }) {
    if (small) {
      const int size = 4096;
      ::setsockopt(ends.near.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    viewer = &fanout.add(std::move(ends.near), from, prefix,
                         {.input =
                              [this](std::string_view b) {
                                keys += b;
                                if (b.empty()) over++;
                              },
                          .gone = [this] { gone++; }},
                         framing);
  }
  void reads(bool on) { watch.want(on ? Watch::kRead : Watch::kNothing); }

  Far far;
  Watch watch;
  Viewer* viewer;
  std::string keys;
  int over = 0, gone = 0;
};

// Follows a viewer's stream through its loss markers; "" when it is exactly what was said from
// `from` to `to`, and `lost` is what the markers sum up to.
std::string wrong(std::string_view got, uint64_t from, uint64_t to, uint64_t* lost = nullptr) {
  while (true) {
    const size_t mark = got.find("\n[[");
    const std::string_view text = got.substr(0, mark);
    if (text != said(from, from + text.size())) return base::cat("other bytes after ", from);
    from += text.size();
    if (mark == std::string_view::npos) break;
    const uint64_t n = std::stoull(std::string(got.substr(mark + 3, 20)));
    const std::string marker = net::loss_marker(n);
    if (got.substr(mark, marker.size()) != marker) return "not the marker";
    got.remove_prefix(mark + marker.size());
    from += n;
    if (lost != nullptr) *lost += n;
    if (from % kLine != 0) return base::cat("goes on within a line, at ", from);
  }
  return from == to ? "" : base::cat("ends at ", from);
}

}  // namespace

TEST_CASE("the loss marker is the same everywhere") {
  CHECK(net::loss_marker(1234567890123) == "\n[[1234567890123 bytes skipped]]\n");
}

TEST_CASE("several viewers get the same bytes of a fast source through a small ring") {
  constexpr uint64_t kTotal = 2'000'000;
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 5; i++) {
    readers.push_back(std::make_unique<Reader>(loop, fanout));
    readers.back()->reads(true);
  }
  CHECK(fanout.viewers() == 5);
  source.until(kTotal);
  CHECK(run_until(loop, [&] {
    return source.sent == kTotal && std::all_of(readers.begin(), readers.end(), [&](auto& r) {
             return r->viewer->cursor() == kTotal;
           });
  }));
  for (const auto& r : readers) {
    r->far.read(1 << 21);
    CHECK(wrong(r->far.got, 0, kTotal) == "");
    CHECK(r->viewer->skipped() == 0);
  }
  CHECK(fanout.bytes_skipped() == 0);
}

TEST_CASE("a stalled viewer is passed, gets the marker, and goes on at a line start") {
  constexpr uint64_t kTotal = 1'000'000;
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  Reader good(loop, fanout), stalled(loop, fanout, true);
  good.reads(true);
  source.until(kTotal);
  CHECK(run_until(loop, [&] { return good.viewer->cursor() == kTotal; }));
  CHECK(stalled.viewer->blocked());
  CHECK(stalled.viewer->cursor() < fanout.ring().tail());
  stalled.reads(true);
  CHECK(run_until(loop, [&] { return stalled.viewer->cursor() == kTotal; }));
  good.far.read();
  CHECK(wrong(good.far.got, 0, kTotal) == "");
  uint64_t lost = 0;
  stalled.far.read();
  CHECK(wrong(stalled.far.got, 0, kTotal, &lost) == "");
  CHECK(lost > kTotal / 2);
  CHECK(stalled.viewer->skipped() == lost);
  CHECK(fanout.bytes_skipped() == lost);
  CHECK(good.viewer->skipped() == 0);
}

TEST_CASE("a viewer that stalls again gets another marker, and the sum is exact") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  Reader r(loop, fanout, true);
  for (uint64_t total = 300'000; total <= 900'000; total += 300'000) {
    r.reads(false);
    source.until(total);
    CHECK(run_until(loop, [&] { return source.sent == total; }));
    r.reads(true);
    CHECK(run_until(loop, [&] { return r.viewer->cursor() == total; }));
  }
  r.far.read();
  uint64_t lost = 0;
  CHECK(wrong(r.far.got, 0, 900'000, &lost) == "");
  CHECK(r.viewer->skipped() == lost);
}

TEST_CASE("a stalled viewer holds the source back for its budget, and no longer") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  const Reader stalled(loop, fanout, true);
  source.until(3 * kRing);
  CHECK(run_until(loop, [&] { return source.sent == 3 * kRing; }));
  CHECK(source.holds > 0);
  CHECK(source.resumes == source.holds);
  CHECK(source.held_for >= milliseconds(45));
  CHECK(source.held_for < milliseconds(2000));  // 50 to 60 where nothing else runs
}

// A machine may be too busy to read within 50 ms, but not again and again.
TEST_CASE("a viewer that is slow, but reads within the budget, loses nothing") {
  bool whole = false;
  for (int attempt = 0; attempt < 10 && !whole; attempt++) {
    Loop loop;
    Fanout fanout(loop, kRing);
    Source source(loop, fanout);
    Reader slow(loop, fanout, true);
    source.until(3 * kRing);
    CHECK(run_until(loop, [&] {
      if (source.holds > 0) slow.reads(true);
      return slow.viewer->cursor() == 3 * kRing;
    }));
    CHECK(source.holds > 0);
    slow.far.read();
    CHECK(wrong(slow.far.got, 0, 3 * kRing) == "");
    whole = slow.viewer->skipped() == 0;
  }
  CHECK(whole);
}

TEST_CASE("a source waits for the journal however long, and is let go on by it") {
  Loop loop;
  Fanout fanout(loop, kRing);
  uint64_t floor = 0;
  int resumed = 0;
  const net::Source source{.floor = [&] { return floor; }, .resume = [&] { resumed++; }};
  uint64_t sent = 0;
  while (const size_t n = fanout.room(source)) {
    fanout.ring().append(std::string(n, 'x'));
    sent += n;
    REQUIRE(sent <= kRing);
  }
  CHECK(sent > kRing / 2);
  CHECK(fanout.ring().tail() == 0);
  help::run_for(loop, milliseconds(80));  // longer than any viewer's budget
  CHECK(resumed == 0);
  floor = sent;
  CHECK(run_until(loop, [&] { return resumed == 1; }));
  CHECK(fanout.room(source) > 0);
}

TEST_CASE("a source that was taken back is not called again") {
  Loop loop;
  Fanout fanout(loop, kRing);
  bool resumed = false;
  uint64_t floor = 0;
  const net::Source source{.floor = [&] { return floor; }, .resume = [&] { resumed = true; }};
  const net::Source other{.floor = [&] { return floor; }, .resume = [] {}};
  while (const size_t n = fanout.room(source)) fanout.ring().append(std::string(n, 'x'));
  fanout.forget(other);  // not that one
  fanout.forget(source);
  fanout.forget(source);
  floor = kRing;
  help::run_for(loop, milliseconds(5));
  CHECK_FALSE(resumed);
  loop.run();  // and nothing is waited for
}

TEST_CASE("a viewer joins at its place behind its prefix, at the tail where that has passed") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  source.until(2 * kRing);
  CHECK(run_until(loop, [&] { return source.sent == 2 * kRing; }));
  const uint64_t head = fanout.ring().head();
  Reader last(loop, fanout, false, head - kLine, "hello\n");
  Reader old(loop, fanout, false, 0);
  CHECK(run_until(loop, [&] { return last.viewer->cursor() == head; }));
  last.far.read();
  CHECK(last.far.got == "hello\n" + said(head - kLine, head));
  CHECK(old.viewer->cursor() >= fanout.ring().tail());
  CHECK(run_until(loop, [&] { return old.viewer->cursor() == head; }));
  old.far.read();
  CHECK(wrong(old.far.got, head - kRing, head) == "");
}

TEST_CASE("a note stands at its place in one viewer's stream") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Reader one(loop, fanout), other(loop, fanout);
  const auto put = [&](std::string_view text) {
    fanout.ring().append(text);
    fanout.publish();
  };
  put("before ");
  one.viewer->note("[note] ");
  put("after");
  one.far.read();
  other.far.read();
  CHECK(one.far.got == "before [note] after");
  CHECK(other.far.got == "before after");
}

TEST_CASE("notes for one who does not read are bounded") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Reader r(loop, fanout, true);
  fanout.ring().append(std::string(kRing, 'x'));
  fanout.publish();
  REQUIRE(r.viewer->blocked());
  for (int i = 0; i < 1000; i++) r.viewer->note(base::cat("[note ", i, " of some length]"));
  fanout.finish();
  r.reads(true);
  CHECK(run_until(loop, [&] { return r.far.ended; }));
  const auto notes = static_cast<size_t>(std::count(r.far.got.begin(), r.far.got.end(), '['));
  CHECK(notes > 100);
  CHECK(notes < 500);
  CHECK(r.far.got.find("[note 0 of") < r.far.got.find("[note 1 of"));
  CHECK(r.far.got.size() > kRing);
}

TEST_CASE("keys come in order, and wait in the socket while a viewer is held") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Reader r(loop, fanout);
  r.far.send("ls\n");
  CHECK(run_until(loop, [&] { return r.keys == "ls\n"; }));
  r.viewer->pause_input(true);
  r.far.send("pwd\n");
  help::run_for(loop, milliseconds(5));
  CHECK(r.keys == "ls\n");
  r.viewer->pause_input(false);
  CHECK(run_until(loop, [&] { return r.keys == "ls\npwd\n"; }));
}

TEST_CASE("a viewer that goes while it is held is gone, when its keys are of no use any more") {
  Loop loop;
  Fanout fanout(loop, kRing);
  fanout.drop_left_after(milliseconds(10));
  Reader closes(loop, fanout), stays(loop, fanout), half(loop, fanout), goes_on(loop, fanout);
  for (Reader* r : {&closes, &stays, &half}) r->viewer->pause_input(true);
  for (Reader* r : {&closes, &stays, &half}) r->far.send("keys");
  closes.far.fd.reset();
  half.far.half_close();
  CHECK(run_until(loop, [&] { return closes.gone == 1; }));
  CHECK(stays.gone + half.gone + goes_on.gone == 0);
  for (Reader* r : {&stays, &half}) r->viewer->pause_input(false);
  CHECK(run_until(loop, [&] { return stays.keys == "keys" && half.keys == "keys"; }));
}

TEST_CASE("a viewer that half-closed goes on watching, until it closes") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Reader r(loop, fanout);
  r.far.send("last keys");
  r.far.half_close();
  CHECK(run_until(loop, [&] { return r.over == 1; }));
  CHECK(r.keys == "last keys");
  fanout.ring().append("output");
  fanout.publish();
  CHECK(r.far.has("output"));
  CHECK(r.gone == 0);
  r.far.fd.reset();
  CHECK(run_until(loop, [&] { return r.gone == 1; }));
  CHECK(r.over == 1);
  CHECK(fanout.viewers() == 0);
}

TEST_CASE("a viewer that closes, breaks, or is dropped is told of once") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Reader closes(loop, fanout), breaks(loop, fanout), dropped(loop, fanout), stays(loop, fanout);
  fanout.ring().append("unread");
  fanout.publish();
  closes.far.read();
  closes.far.fd.reset();
  breaks.far.fd.reset();  // with bytes unread
  dropped.viewer->drop();
  dropped.viewer->drop();
  dropped.viewer->note("nobody sees this");
  CHECK(run_until(loop, [&] { return fanout.viewers() == 1; }));
  CHECK(closes.gone == 1);
  CHECK(breaks.gone == 1);
  CHECK(dropped.gone == 1);
  CHECK(stays.gone == 0);
  CHECK(dropped.far.at_end());
}

TEST_CASE("a viewer may be dropped in its own callback") {
  Loop loop;
  Fanout fanout(loop, kRing);
  help::Ends ends = help::socket_pair();
  const Far far(std::move(ends.far));
  Viewer* viewer = nullptr;
  bool gone = false;
  viewer = &fanout.add(
      std::move(ends.near), 0, "",
      {.input = [&](std::string_view) { viewer->drop(); }, .gone = [&] { gone = true; }});
  far.send("q");
  CHECK(run_until(loop, [&] { return gone; }));
}

TEST_CASE("the one who held the source back goes, and the source goes on") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  const Reader stalled(loop, fanout, true);
  source.until(3 * kRing);
  CHECK(run_until(loop, [&] {
    if (source.holds > 0 && stalled.gone == 0) stalled.viewer->drop();
    return stalled.gone == 1;
  }));
  CHECK(run_until(loop, [&] { return source.sent == 3 * kRing; }));
}

TEST_CASE("at the end each viewer gets what is left, then the end") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  Reader fast(loop, fanout), slow(loop, fanout, true);
  source.until(60'000);
  CHECK(run_until(loop, [&] { return source.sent == 60'000; }));
  REQUIRE(slow.viewer->blocked());
  fanout.finish();
  fast.reads(true);
  CHECK(run_until(loop, [&] { return fast.gone == 1 && fast.far.ended; }));
  CHECK(wrong(fast.far.got, 0, 60'000) == "");
  CHECK(slow.gone == 0);
  slow.reads(true);
  CHECK(run_until(loop, [&] { return slow.gone == 1 && slow.far.ended; }));
  CHECK(wrong(slow.far.got, 0, 60'000) == "");
  Reader late(loop, fanout, false, 59'950);
  CHECK(run_until(loop, [&] { return late.gone == 1; }));
  CHECK(late.far.at_end());
  CHECK(late.far.got == said(59'950, 60'000));
}

TEST_CASE("five hundred viewers come, watch and go") {
  const size_t before = help::open_descriptors();
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit old = limit;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  {
    Loop loop;
    Fanout fanout(loop, kRing);
    std::vector<std::unique_ptr<Reader>> all;
    for (int i = 0; i < 500; i++) all.push_back(std::make_unique<Reader>(loop, fanout));
    fanout.ring().append("to everybody");
    fanout.publish();
    for (const auto& r : all) {
      r->far.read(100);
      CHECK(r->far.got == "to everybody");
    }
    for (size_t i = 0; i < all.size(); i++) {
      if (i % 2 == 0) {
        all[i]->viewer->drop();
      } else {
        all[i]->far.fd.reset();
      }
    }
    CHECK(run_until(loop, [&] { return fanout.viewers() == 0; }));
    CHECK(std::all_of(all.begin(), all.end(), [](auto& r) { return r->gone == 1; }));
  }
  CHECK(help::open_descriptors() == before);
  ::setrlimit(RLIMIT_NOFILE, &old);
}

namespace {
// Frames as a test can take them apart: "<n>" and n bytes.
size_t angle_header(size_t n, char* out) {
  const std::string text = base::cat("<", n, ">");
  std::copy(text.begin(), text.end(), out);
  return text.size();
}
constexpr net::Framing kAngles{1000, angle_header};

// What the frames carry; "(bad)" behind it where there is none at a place.
std::string unframed(std::string_view got) {
  std::string out;
  while (!got.empty()) {
    const size_t end = got.find('>');
    if (got.front() != '<' || end == std::string_view::npos) return out + "(bad)";
    const size_t n = std::stoul(std::string(got.substr(1, end - 1)));
    got.remove_prefix(end + 1);
    if (n == 0 || n > kAngles.max_payload || n > got.size()) return out + "(bad)";
    out += got.substr(0, n);
    got.remove_prefix(n);
  }
  return out;
}
}  // namespace

TEST_CASE("framed viewers get whole frames, however the socket cuts them") {
  constexpr uint64_t kTotal = 1'000'000;
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  Reader framed(loop, fanout, true, 0, "<5>hello", help::socket_pair(), &kAngles);
  Reader raw(loop, fanout);
  framed.reads(true);
  raw.reads(true);
  source.until(kTotal);
  CHECK(run_until(
      loop, [&] { return raw.viewer->cursor() == kTotal && framed.viewer->cursor() == kTotal; }));
  framed.far.at_end();
  uint64_t lost = 0;
  CHECK(unframed(framed.far.got).substr(0, 5) == "hello");
  CHECK(wrong(unframed(framed.far.got).substr(5), 0, kTotal, &lost) == "");
  CHECK(framed.viewer->skipped() == lost);
  framed.viewer->note("a note");
  framed.viewer->insert("<3>raw");
  framed.far.at_end();
  CHECK(framed.far.got.ends_with("<6>a note<3>raw"));
}

TEST_CASE("what is no part of the stream may be framed as such") {
  constexpr net::Framing kMarked{1000, angle_header, [](size_t n, char* out) {
                                   *out = '!';
                                   return 1 + angle_header(n, out + 1);
                                 }};
  Loop loop;
  Fanout fanout(loop, kRing);
  Reader r(loop, fanout, true, 0, "", help::socket_pair(), &kMarked);
  fanout.ring().append("some");
  fanout.publish();
  r.viewer->note("a note");
  CHECK(run_until(loop, [&] { return r.far.has("note"); }));
  CHECK(r.far.got == "<4>some!<6>a note");
}

TEST_CASE("a frame that was begun is finished, also when the ring passes it") {
  Loop loop;
  Fanout fanout(loop, kRing);
  Source source(loop, fanout);
  Reader r(loop, fanout, true, 0, "", help::socket_pair(), &kAngles);
  uint64_t total = 0;
  // The socket's room ends at another place of a frame each time.
  for (int round = 0; round < 20; round++) {
    r.reads(false);
    total += 4 * kRing + 50 * 7;
    source.until(total);
    CHECK(run_until(loop, [&] { return source.sent == total; }));
    CHECK(r.viewer->cursor() < fanout.ring().tail());
    r.viewer->note("");
    r.reads(true);
    CHECK(run_until(loop, [&] { return r.viewer->cursor() == total; }));
  }
  r.far.at_end();
  uint64_t lost = 0;
  CHECK(wrong(unframed(r.far.got), 0, total, &lost) == "");
  CHECK(lost > 0);
  CHECK(r.viewer->skipped() == lost);
}
