#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/journal/chain.h"
#include "lib/journal/lines.h"
#include "lib/journal/names.h"
#include "lib/journal/reader.h"
#include "lib/journal/search.h"
#include "tests/unit/journal_life.h"

using journal::Item;
using journal::Kind;
using journal::Line;
using journal::Lines;
using journal::Options;
using journal::Pattern;
using journal::Reader;
using journal::Source;
using namespace journal_help;

namespace {
Reader reader(const std::string& path) {
  base::Result<Reader> r = Reader::open(path);
  REQUIRE(r);
  return std::move(*r);
}

struct Read {
  std::string bytes;   // with markers
  std::string stream;  // without
  std::vector<std::pair<Kind, std::string>> events;
  std::vector<uint64_t> event_offsets;
  uint64_t next = 0;
  bool numbers_right = true;  // each piece stood where its number says
};

// All there is until now, added to what was read before.
void read_on(Reader& r, Read& out) {
  for (;;) {
    const base::Result<std::optional<Item>> item = r.next();
    REQUIRE(item);
    if (!*item) return;
    const Item& i = **item;
    if (i.what == Item::What::event) {
      out.events.emplace_back(i.kind, i.bytes);
      out.event_offsets.push_back(i.offset);
      continue;
    }
    out.bytes += i.bytes;
    if (i.what == Item::What::marker) continue;
    out.stream += i.bytes;
    out.next = i.offset + i.bytes.size();
    if (i.numbered && i.bytes != said(i.offset, out.next)) out.numbers_right = false;
  }
}

Read all(Reader r) {
  Read out;
  read_on(r, out);
  return out;
}

Options small_files(const std::string& path, bool compress) {
  Options o = options(path);
  o.rotate_bytes = 32000;
  o.keep = 99;
  o.compress = compress;
  return o;
}

void wait_packed(Life& life, const std::string& path) {
  CHECK(eventually([&] {
    life.append->flush();
    return !exists(path + ".1") && !exists(path + ".2");
  }));
}

std::vector<std::string> lines_of(const std::vector<Item>& items, size_t bound = 65536) {
  Lines lines(bound);
  std::vector<std::string> out;
  const auto take = [&out](const Line& l) {
    out.push_back(base::cat(l.offset, l.ended ? ":" : "~", l.text));
    return true;
  };
  for (const Item& item : items) CHECK(lines.feed(item, take));
  CHECK(lines.flush(take));
  return out;
}

Item bytes_at(uint64_t offset, std::string_view text) {
  return {Item::What::bytes, Kind::chunk, text, 0, true, offset};
}
}  // namespace

TEST_CASE("a source that comes up again is one that goes on, or another one") {
  const Folder dir;
  {
    Life life(dir / "n.log");
    for (const std::optional<Source> source :
         {std::optional(Source{5, 100}), std::optional(Source{5, 116}),
          std::optional(Source{5, 133}), std::optional(Source{6, 149}),
          std::optional(Source{6, 165}), std::optional<Source>(), std::optional<Source>()}) {
      life.note(Kind::up, "", source);
      life.note(Kind::attach, "somebody");
      life.say_all(16);
    }
  }
  Reader r = reader(dir / "n.log");
  std::vector<bool> resumed;
  for (;;) {
    const base::Result<std::optional<Item>> item = r.next();
    REQUIRE(item);
    if (!*item) break;
    if ((*item)->kind == Kind::up) resumed.push_back((*item)->resumed);
    if ((*item)->kind != Kind::up) CHECK_FALSE((*item)->resumed);
  }
  CHECK(resumed == std::vector<bool>{false, true, false, false, true, false, false});
}

TEST_CASE("a journal is read in order across its old files, plain and compressed") {
  for (const bool compress : {false, true}) {
    const Folder dir;
    const std::string log = dir / "n.log";
    {
      Life life(small_files(log, compress));
      life.note(Kind::up, "begun", Source{5, 0});
      life.say_all(200000);
      life.note(Kind::down, "ended");
      life.say_all(1600);
      if (compress) wait_packed(life, log);
    }
    const Read got = all(reader(log));
    CHECK((got.bytes == said(0, 201600)));
    CHECK(got.numbers_right);
    CHECK(got.next == 201600);
    REQUIRE(got.events.size() == 2);
    CHECK(got.events[0] == std::pair<Kind, std::string>{Kind::up, "begun"});
    CHECK(got.events[1] == std::pair<Kind, std::string>{Kind::down, "ended"});
    CHECK(got.event_offsets == std::vector<uint64_t>{0, 200000});
    CHECK(reader(log).epoch() == journal::find_start(log).epoch);

    for (const uint64_t from : {0UL, 1UL, 31999UL, 32000UL, 100000UL, 201599UL, 201600UL}) {
      Reader r = reader(log);
      REQUIRE(r.from_offset(from));
      CHECK((all(std::move(r)).stream == said(from, 201600)));
    }
    for (const uint64_t n : {0UL, 1UL, 2UL, 100UL, 2000UL, 2001UL, 5000UL, 12600UL, 99999UL}) {
      Reader r = reader(log);
      REQUIRE(r.last_lines(n));
      const Read last = all(std::move(r));
      CHECK((last.bytes == said(201600 - std::min(n * 16, 201600UL), 201600)));
      CHECK(last.numbers_right);
    }
    Reader end = reader(log);
    REQUIRE(end.from_end());
    CHECK(all(std::move(end)).bytes.empty());
  }
}

TEST_CASE("an unfinished last line counts as a line") {
  const Folder dir;
  put_file(dir / "n.log", "one\ntwo\nthree");
  for (const auto& [n, want] :
       std::vector<std::pair<uint64_t, std::string>>{{0, ""},
                                                     {1, "three"},
                                                     {2, "two\nthree"},
                                                     {3, "one\ntwo\nthree"},
                                                     {4, "one\ntwo\nthree"}}) {
    Reader r = reader(dir / "n.log");
    REQUIRE(r.last_lines(n));
    CHECK(all(std::move(r)).bytes == want);
  }
  put_file(dir / "e.log", "\n\n\n");
  Reader r = reader(dir / "e.log");
  REQUIRE(r.last_lines(2));
  CHECK(all(std::move(r)).bytes == "\n\n");
}

TEST_CASE("a journal is read from a time on") {
  const Folder dir;
  const std::string log = dir / "n.log";
  int64_t middle = 0;
  {
    Life life(small_files(log, false));
    life.say_all(100000);
    const int64_t before = base::wall_us();
    CHECK(eventually([&] { return base::wall_us() > before + 200000; }));
    middle = base::wall_us();
    life.say_all(100000);
  }
  Reader r = reader(log);
  REQUIRE(r.since(middle));
  CHECK((all(std::move(r)).stream == said(100000, 200000)));
  Reader first = reader(log);
  REQUIRE(first.since(0));
  CHECK((all(std::move(first)).stream == said(0, 200000)));
  Reader none = reader(log);
  REQUIRE(none.since(base::wall_us() + 1000000));
  CHECK(all(std::move(none)).stream.empty());
}

TEST_CASE("a journal is followed through rotation, a rename and copytruncate") {
  const Folder dir;
  const std::string log = dir / "n.log";
  Life life(small_files(log, true));
  life.say_all(16);
  Reader r = reader(log);
  Read got;
  read_on(r, got);
  for (int round = 0; round < 30; round++) {
    life.note(Kind::note, std::to_string(round));
    life.say_all(16 * 700);
    if (round % 3 > 0) read_on(r, got);
  }
  REQUIRE(std::rename(log.c_str(), (dir / "n.log.1").c_str()) == 0);
  CHECK(eventually([&] {
    life.say_all(16);
    read_on(r, got);
    return exists(log);
  }));
  life.say_all(160);
  read_on(r, got);
  put_file(dir / "n.log.1", text(log));
  REQUIRE(::truncate(log.c_str(), 0) == 0);
  life.say_all(1600);
  CHECK(eventually([&] {
    life.say_all(16);
    read_on(r, got);
    return got.next == life.ring.head();
  }));
  CHECK((got.stream == said(0, life.ring.head())));
  CHECK(got.numbers_right);
  REQUIRE(got.events.size() == 30);
  for (size_t i = 0; i < 30; i++) CHECK(got.events[i].second == std::to_string(i));
}

TEST_CASE("who was told more than a power cut left waits for what comes in its place") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    life.say_all(1600);
  }
  REQUIRE(::truncate(log.c_str(), 800) == 0);
  Life life(log);
  const uint64_t from = life.ring.head();
  CHECK(eventually([&] { return is_open(*life.append); }));
  Reader r = reader(log);
  REQUIRE(r.from_offset(1600));
  ::alarm(60);  // it was a loop without an end
  Read got;
  read_on(r, got);
  CHECK(got.bytes.empty());
  life.say_all(160);
  read_on(r, got);
  ::alarm(0);
  CHECK(got.stream == said(from, from + 160));
  CHECK(got.numbers_right);
}

TEST_CASE("a journal without a present file is followed into the next one") {
  for (const bool packed : {false, true}) {
    const Folder dir;
    const std::string log = dir / "n.log";
    {
      Life life(log);
      life.say_all(160);
    }
    REQUIRE(std::rename((dir / "n.idx").c_str(), (dir / "n.idx.1").c_str()) == 0);
    REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
    if (packed) pack(log + ".1", dir / "n.idx.1");
    Reader r = reader(log);
    Read got;
    ::alarm(60);  // of a compressed one it was a loop without an end
    read_on(r, got);
    ::alarm(0);
    CHECK(got.next == 160);
    Life life(log);
    CHECK(life.start.offset == 160);
    life.say_all(160);
    read_on(r, got);
    CHECK(got.stream == said(0, 320));
  }
}

TEST_CASE("a file that logrotate moved is followed into the new one that comes later") {
  const Folder dir;
  const std::string log = dir / "n.log";
  Life life(log);
  life.say_all(160);
  REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
  Reader r = reader(log);
  Read got;
  read_on(r, got);
  CHECK(got.bytes.size() == 160);
  CHECK(eventually([&] {
    life.say_all(16);
    return exists(log);
  }));
  life.say_all(160);
  const std::string whole = said(0, life.ring.head());
  read_on(r, got);
  CHECK((got.stream == whole));
}

TEST_CASE("a file that is opened between its first record and its first byte has its numbers") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    life.say_all(160);
  }
  put_file(log, "");
  Reader r = reader(log);
  Read got;
  read_on(r, got);
  CHECK(got.bytes.empty());
  put_file(log, said(0, 160));
  read_on(r, got);
  CHECK(got.stream == said(0, 160));
  CHECK(r.epoch() != 0);
}

TEST_CASE("events at the end of a rotated file are told from the next file's first byte on") {
  const Folder dir;
  const std::string log = dir / "n.log";
  Life life(small_files(log, false));
  life.say_all(32000);
  life.note(Kind::down, "gone");
  life.say_all(1600);
  CHECK(exists(log + ".1"));
  Reader r = reader(log);
  REQUIRE(r.from_offset(32000));
  Read got;
  read_on(r, got);
  CHECK(got.stream == said(32000, 33600));
  REQUIRE(got.events.size() == 1);
  CHECK(got.events[0].second == "gone");
}

TEST_CASE("copytruncate leaves the old file its index, and the new one a right one") {
  const Folder dir;
  const std::string log = dir / "n.log";
  Life life(log);
  life.say_all(80);
  life.say_all(80);
  put_file(log + ".1", text(log));
  REQUIRE(::truncate(log.c_str(), 0) == 0);
  life.say_all(16);
  life.note(Kind::note, "an event");
  life.say_all(16);
  life.say_all(16);
  const Read got = all(reader(log));
  CHECK(got.bytes == said(0, life.ring.head()));
  CHECK(got.numbers_right);
  CHECK(got.events.size() == 1);
}

TEST_CASE("a file that logrotate moved has its numbers before the next byte, too") {
  for (const bool create : {false, true}) {
    const Folder dir;
    const std::string log = dir / "n.log";
    Life life(log);
    life.say_all(160);
    REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
    if (create) put_file(log, "");
    Reader r = reader(log);
    REQUIRE(r.from_offset(80));
    Read got;
    read_on(r, got);
    CHECK(got.stream == said(80, 160));
    // And is followed as ever.
    CHECK(eventually([&] {
      life.say_all(16);
      return exists(log) && !text(log).empty();
    }));
    const std::string rest = said(80, life.ring.head());
    CHECK(eventually([&] {
      read_on(r, got);
      return got.stream.size() >= rest.size();
    }));
    CHECK((got.stream == rest));
    CHECK(got.numbers_right);
  }
}

TEST_CASE("a marker is no part of the stream, and the numbers go on behind it") {
  const Folder dir;
  REQUIRE(::mkdir((dir / "far").c_str(), 0700) == 0);
  const std::string log = dir / "far/n.log";
  {
    Life life(log);
    life.say_all(160);
    REQUIRE(std::rename((dir / "far").c_str(), (dir / "away").c_str()) == 0);
    life.append->reopen();
    life.say_all(1600);
    REQUIRE(std::rename((dir / "away").c_str(), (dir / "far").c_str()) == 0);
    CHECK(eventually([&] { return status(*life.append).error == 0; }));
    life.say_all(32);
  }
  const Read got = all(reader(log));
  CHECK(got.bytes == text(log));
  CHECK(got.stream == said(0, 160) + said(1760, 1792));
  CHECK(got.numbers_right);
  for (const uint64_t lost : {160UL, 161UL, 1759UL, 1760UL}) {
    Reader r = reader(log);
    REQUIRE(r.from_offset(lost));
    CHECK(all(std::move(r)).stream == said(1760, 1792));
  }
}

TEST_CASE("a log without an index is read without numbers and times") {
  const Folder dir;
  put_file(dir / "n.log.1", "old\n");
  put_file(dir / "n.log", "new\n");
  Reader r = reader(dir / "n.log");
  const base::Result<std::optional<Item>> item = r.next();
  REQUIRE(item);
  REQUIRE(*item);
  CHECK((*item)->bytes == "old\n");
  CHECK_FALSE((*item)->numbered);
  CHECK((*item)->time_us == 0);
  CHECK(r.epoch() == 0);
  CHECK(all(std::move(r)).bytes == "new\n");
  CHECK(Reader::open(dir / "none.log").error().code == base::Errc::not_found);
}

TEST_CASE("a compressed file that is broken is an error that names it, after its sound part") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(small_files(log, true));
    life.say_all(32000 + 1600);
    wait_packed(life, log);
  }
  const std::string packed = text(log + ".1.zst");
  put_file(log + ".1.zst", packed.substr(0, packed.size() - 10));
  Reader r = reader(log);
  std::string error;
  while (error.empty()) {
    const auto item = r.next();
    if (!item)
      error = item.error().what;
    else
      REQUIRE(*item);
  }
  CHECK(error == log + ".1.zst: unpack: cut off");
  Read got;
  REQUIRE(r.skip_file());
  read_on(r, got);
  CHECK(got.bytes.ends_with(" bytes skipped]]\n" + said(32000, 33600)));
  CHECK(got.numbers_right);
  CHECK_FALSE(r.skip_file());
}

TEST_CASE("of a compressed file that is broken at its end all blocks but one are read") {
  const Folder dir;
  const std::string log = dir / "n.log";
  put_file(log + ".1", said(0, 200000));
  pack(log + ".1");
  std::string packed = text(log + ".1.zst");
  packed.back() = static_cast<char>(packed.back() ^ 1);  // its checksum
  put_file(log + ".1.zst", packed);
  Reader r = reader(log);
  std::string got;
  auto item = r.next();
  for (; item && *item; item = r.next()) got += (*item)->bytes;
  CHECK_FALSE(item);
  CHECK(got.size() >= 131072);
  CHECK((got == said(0, got.size())));
}

TEST_CASE("an unfinished last line is one line, also as a compressed file of its own") {
  const Folder dir;
  const std::string log = dir / "n.log";
  put_file(log + ".2", "a\nb\n");
  put_file(log + ".1", "c");
  pack(log + ".1");
  put_file(log, "");
  Reader r = reader(log);
  REQUIRE(r.last_lines(1));
  CHECK(all(std::move(r)).bytes == "c");
}

TEST_CASE("the last lines begin behind a compressed file that is broken") {
  const Folder dir;
  const std::string log = dir / "n.log";
  put_file(log + ".1.zst", "broken");
  put_file(log, "today\nnow\n");
  for (const uint64_t n : {1U, 2U}) {
    Reader r = reader(log);
    CHECK(static_cast<bool>(r.last_lines(n)) == (n == 1));
    if (n == 2) REQUIRE(r.skip_file());
    Read got;
    read_on(r, got);
    CHECK(got.bytes == (n == 1 ? "now\n" : "today\nnow\n"));
  }
}

TEST_CASE("the journals of a folder are known by their files") {
  const Folder dir;
  for (const char* name : {"a.log", "b.log.1", "c.log.12.zst", "d.idx", "e.log.old", ".f.log",
                           "g.log.zst.tmp", "h.log.1.idx", "i.j.log", "a.log.1"}) {
    put_file(dir / name, "");
  }
  const auto names = journal::list_journals(dir / "");
  REQUIRE(names);
  CHECK(*names == std::vector<std::string>{"a", "b", "c", "i.j"});
  CHECK_FALSE(journal::list_journals(dir / "none"));
}

TEST_CASE("lines are whole however the pieces are cut, and long ones come in parts") {
  using Strings = std::vector<std::string>;
  CHECK(lines_of({bytes_at(0, "a\nb"), bytes_at(3, "c\n\nd")}) ==
        Strings{"0:a", "2:bc", "5:", "6~d"});
  CHECK(lines_of({bytes_at(10, "abcdefgh\nij\n")}, 3) ==
        Strings{"10~abc", "13~def", "16:gh", "19:ij"});
  CHECK(lines_of({bytes_at(0, "ab"), bytes_at(2, "cdefg"), bytes_at(7, "\n")}, 3) ==
        Strings{"0~abc", "3~def", "6:g"});
  const Item marker{Item::What::marker, Kind::chunk, "\n[[5 bytes skipped]]\n", 0, true, 7};
  CHECK(lines_of({bytes_at(0, "ab"), marker, bytes_at(7, "c\n")}) ==
        Strings{"0~ab", "7:[[5 bytes skipped]]", "7:c"});
  const Item event{Item::What::event, Kind::up, "text", 0, true, 2};
  CHECK(lines_of({bytes_at(0, "ab"), event, bytes_at(2, "c\n")}) ==
        Strings{"0~ab", "2:text", "2:c"});
}

TEST_CASE("a pattern finds text or a regular expression, in any bytes") {
  const auto at = [](const base::Result<Pattern>& p, std::string_view line, size_t from = 0) {
    REQUIRE(p);
    const auto found = p->find(line, from);
    return found ? base::cat(found->at, "+", found->size) : "none";
  };
  CHECK(at(Pattern::text("a.c", false), "abc a.c") == "4+3");
  CHECK(at(Pattern::text("A.C", false), "abc a.c") == "none");
  CHECK(at(Pattern::text("A.C", true), "abc a.c") == "4+3");
  CHECK(at(Pattern::text("", false), "abc", 2) == "2+0");
  CHECK(at(Pattern::text("abcd", false), "abc") == "none");
  CHECK(at(Pattern::regex("b+c$", false), "bbc abbc") == "5+3");
  CHECK(at(Pattern::regex("(?:err|fail)\\w*", true), "a FAILED b") == "2+6");
  CHECK(at(Pattern::regex("^a", false), "aa", 1) == "none");
  CHECK(at(Pattern::regex("x\xff.y", false), "x\xff\xfey") == "0+4");
  CHECK(at(Pattern::regex(".", false), std::string_view("\0", 1)) == "0+1");
  const base::Result<Pattern> wrong = Pattern::regex("a(", false);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().what == "a(: missing ): a(");
  // What would keep a backtracking matcher busy for ever.
  CHECK(at(Pattern::regex("(a*)*b", false), std::string(50000, 'a')) == "none");
}
