// A journal whose files logrotate moves: each old file keeps its numbers and its times, and nothing
// is lost that is there.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/journal/names.h"
#include "lib/journal/reader.h"
#include "lib/journal/rotate.h"
#include "tests/unit/journal_life.h"

using journal::Item;
using journal::Reader;
using namespace journal_help;

namespace {
constexpr int kRounds = 6;
constexpr int kKept = 4;  // by logrotate

struct Told {
  std::string bytes, stream;
  uint64_t next = 0;
  bool numbers_right = true, times_known = true;
};

Told all(Reader r) {
  Told out;
  for (;;) {
    const base::Result<std::optional<Item>> item = r.next();
    REQUIRE(item);
    if (!*item) return out;
    const Item& i = **item;
    if (i.what == Item::What::event) continue;
    out.bytes += i.bytes;
    if (i.what == Item::What::marker) continue;
    out.stream += i.bytes;
    out.next = i.offset + i.bytes.size();
    out.times_known = out.times_known && i.time_us > 0;
    const bool right = i.numbered && i.bytes == said(i.offset, out.next);
    out.numbers_right = out.numbers_right && right;
  }
}

Told all(const std::string& log) {
  base::Result<Reader> r = Reader::open(log);
  REQUIRE(r);
  return all(std::move(*r));
}

Told since(const std::string& log, int64_t time_us) {
  base::Result<Reader> r = Reader::open(log);
  REQUIRE(r);
  REQUIRE(r->since(time_us));
  return all(std::move(*r));
}

// All of it is there, at its numbers, and with its times.
void check_whole(const std::string& log, const std::string& wanted) {
  const Told told = all(log);
  CHECK((told.bytes == wanted));
  CHECK(told.numbers_right);
  CHECK(told.times_known);
}

void run(const std::string& command) {
  REQUIRE(std::system(command.c_str()) == 0);
}

enum class How { rename, create, copy };
enum class Pack { none, gzip, zstd };

std::string ending(Pack pack) {
  return pack == Pack::gzip ? ".gz" : pack == Pack::zstd ? ".zst" : "";
}

// What logrotate does. Old file 1 is compressed, too, unless `delayed`.
void logrotate(const std::string& log, How how, Pack pack, bool delayed) {
  for (int n = kKept; n > 0; n--) {
    for (const char* end : {"", ".gz", ".zst"}) {
      const std::string from = journal::old_name(log, static_cast<size_t>(n)) + end;
      const std::string to = journal::old_name(log, static_cast<size_t>(n) + 1) + end;
      if (n == kKept) {
        ::unlink(from.c_str());
      } else {
        std::rename(from.c_str(), to.c_str());
      }
    }
  }
  if (how == How::copy) {
    put_file(log + ".1", text(log));
    REQUIRE(::truncate(log.c_str(), 0) == 0);
  } else {
    REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
    if (how == How::create) put_file(log, "");
  }
  const std::string packed = log + (delayed ? ".2" : ".1");
  if (pack == Pack::none || !exists(packed)) return;
  run(pack == Pack::gzip ? "gzip -q " + packed : "zstd -q --rm " + packed);
}
}  // namespace

TEST_CASE("logrotate, time and again: each old file has its numbers and its times") {
  for (const How how : {How::rename, How::create, How::copy}) {
    for (const Pack pack : {Pack::none, Pack::gzip, Pack::zstd}) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(ending(pack));
      const Folder dir;
      const std::string log = dir / "n.log";
      std::vector<int64_t> times;
      std::vector<uint64_t> begins;  // of each round: no two files have one size
      {
        Life life(log);
        for (int round = 0; round < kRounds; round++) {
          times.push_back(base::wall_us());
          begins.push_back(life.ring.head());
          life.say_all(16000 + 160 * static_cast<uint64_t>(round));
          logrotate(log, how, pack, true);
        }
        times.push_back(base::wall_us());
        begins.push_back(life.ring.head());
        life.say_all(16000);
      }
      const uint64_t end = begins.back() + 16000;
      check_whole(log, said(begins[kRounds - kKept], end));
      for (size_t round = kRounds - kKept; round <= kRounds; round++) {
        CHECK((since(log, times[round]).bytes == said(begins[round], end)));
      }
      CHECK(journal::find_start(log).offset == end);
    }
  }
}

TEST_CASE("logrotate while nothing is said, or nobody writes: the index goes where the file went") {
  for (const bool lives : {false, true}) {
    for (const Pack pack : {Pack::none, Pack::gzip, Pack::zstd}) {
      CAPTURE(lives);
      CAPTURE(ending(pack));
      const Folder dir;
      const std::string log = dir / "n.log";
      auto life = std::make_unique<Life>(log);
      for (int round = 0; round < 2; round++) {
        life->say_all(16000 + 160 * static_cast<uint64_t>(round));
        const uint64_t end = life->ring.head();
        if (!lives) life.reset();
        logrotate(log, How::create, pack, false);
        logrotate(log, How::create, Pack::none, false);  // an empty file, by now
        const Told told = all(log);
        // Where nobody saw the end of a compressed file, numbers are left out after it.
        const bool counted = lives || pack == Pack::none;
        CHECK(told.bytes.size() == 16000 + static_cast<uint64_t>(round) * 16160);
        CHECK((!counted || told.bytes == said(0, end)));
        CHECK(told.numbers_right);
        CHECK(told.times_known);
        if (!lives) life = std::make_unique<Life>(log);
      }
      life->say_all(160);
      life.reset();
      const Told told = all(log);
      CHECK(told.bytes.size() == 32320);
      CHECK(told.numbers_right);
      CHECK(told.times_known);
    }
  }
}

TEST_CASE("a file that mv has put over an old one costs only that one's index") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    for (int round = 0; round < 3; round++) {
      life.say_all(16000);
      logrotate(log, How::rename, Pack::none, false);
    }
    life.say_all(16160);
    REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
    life.say_all(16000);
  }
  check_whole(log, said(0, 32000) + said(48000, 80160));
}

TEST_CASE("a last write that came while a compressor read costs no time and no number") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    for (int round = 0; round < 3; round++) {
      life.say_all(16000);
      logrotate(log, How::rename, Pack::gzip, false);
      // It has the time that the compressor saw.
      run("touch -d '-1 second' -r " + log + ".1.gz " + log + ".1.gz");
    }
    life.say_all(160);
  }
  check_whole(log, said(0, 48160));
}

TEST_CASE("what a compressor did not see of a file that was still written is said to be missing") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    life.say_all(32000);
    logrotate(log, How::rename, Pack::none, false);
    life.say_all(160);
  }
  REQUIRE(::truncate((log + ".1").c_str(), 31840) == 0);
  run("gzip -q " + log + ".1");
  CHECK((all(log).bytes == said(0, 31840) + "\n[[160 bytes skipped]]\n" + said(32000, 32160)));
}

TEST_CASE("what logrotate keeps beside our own old files is not taken for a half of theirs") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    life.say_all(16000);
    logrotate(log, How::rename, Pack::none, false);
    life.say_all(16000);
  }
  pack(log + ".1", dir / "n.idx.1");
  REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
  put_file(log + ".2.zst", text(log + ".1.zst"));
  put_file(log + ".6", "kept by logrotate");
  for (int n = 3; n <= 5; n++) put_file(journal::old_name(log, static_cast<size_t>(n)), "older");
  journal::Rotation rotation(2, true, true);
  rotation.at(log);
  CHECK(text(log + ".1") == said(16000, 32000));
  CHECK(text(log + ".6") == "kept by logrotate");
  while (rotation.packing()) CHECK(rotation.pack());
  CHECK(text(log + ".1") == said(16000, 32000));
  for (int n = 3; n <= 5; n++) ::unlink(journal::old_name(log, static_cast<size_t>(n)).c_str());
  ::unlink((log + ".6").c_str());
  ::unlink((log + ".2.zst").c_str());
  CHECK((all(log).stream == said(0, 32000)));
}
