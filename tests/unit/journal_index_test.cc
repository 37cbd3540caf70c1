#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <zstd.h>

#include "lib/journal/frame.h"
#include "lib/journal/names.h"
#include "lib/journal/record.h"
#include "lib/journal/start.h"
#include "tests/unit/journal_help.h"
#include "tests/unit/journal_life.h"

using base::Ring;
using journal::Append;
using journal::Event;
using journal::Kind;
using journal::Options;
using journal::Record;
using journal::Source;
using journal::Start;
using namespace journal_help;

namespace {
struct Parsed {
  std::string bytes;  // the records' views are into it
  std::optional<journal::Header> header;
  std::vector<Record> records;
  std::vector<std::string> texts;  // of the same record

  explicit Parsed(std::string in) : bytes(std::move(in)), header(journal::read_header(bytes)) {
    std::string_view left = bytes;
    while (left.size() > journal::kRecordSize) {
      left.remove_prefix(journal::kRecordSize);
      const std::optional<Record> r = journal::read_record(left);
      if (!r) break;
      if (r->kind == Kind::text) {
        texts.back() += r->text;
        continue;
      }
      records.push_back(*r);
      texts.emplace_back();
    }
  }
  const Record* find(Kind kind) const {
    for (const Record& r : records) {
      if (r.kind == kind) return &r;
    }
    return nullptr;
  }
};

std::string unpacked(const std::string& path) {
  const std::string in = text(path);
  std::string out(1 << 22, '\0');
  const size_t n = ZSTD_decompress(out.data(), out.size(), in.data(), in.size());
  if (ZSTD_isError(n)) return "(" + std::string(ZSTD_getErrorName(n)) + ")";
  out.resize(n);
  return out;
}

// One file of the chain and its index, whatever their form.
struct Chained {
  std::string log, index;
};

std::vector<Chained> chain(const std::string& path, unsigned keep) {
  std::vector<Chained> out;
  for (unsigned n = keep; n > 0; n--) {
    const std::string plain = journal::old_name(path, n), packed = journal::packed_name(plain);
    if (exists(plain)) {
      out.push_back({text(plain), text(journal::old_index_name(path, n))});
    } else if (exists(packed)) {
      const auto fd = base::open_file(packed, O_RDONLY);
      REQUIRE(fd);
      out.push_back({unpacked(packed), journal::read_index_frame(fd->get())});
    }
  }
  if (exists(path)) out.push_back({text(path), text(journal::index_name(path))});
  return out;
}

// Every place that the index names holds what the stream said there.
void check_places(const Chained& c) {
  const Parsed index(c.index);
  REQUIRE(index.header);
  uint64_t offset = index.header->offset, position = index.header->position;
  for (const Record& r : index.records) {
    if (r.position > c.log.size()) break;
    CHECK(r.offset - offset == r.position - position);
    offset = r.offset;
    position = r.position;
    const std::string here = c.log.substr(position, 16);
    CHECK(here == said(offset, offset + here.size()));
  }
}

// The daemon's life until it is killed: writes without end, with small files.
[[noreturn]] void write_for_ever(const std::string& log) {
  Options wanted = options(log);
  wanted.rotate_bytes = 300000;
  wanted.keep = 99;
  Life life(wanted);
  for (uint64_t n = 0;; n++) {
    life.append->note({Kind::note, "a text", {}});
    life.say(1 + n * 7919 % 5000);
    if (n % 3 == 0) life.append->flush();
  }
}
}  // namespace

TEST_CASE("records of an index read as they were written, and not when a byte is wrong") {
  std::string bytes;
  const journal::Header header{-5, 1ULL << 60U, 77, 1795228800000123};
  journal::append_header(header, bytes);
  CHECK(bytes.size() == journal::kRecordSize);
  CHECK(journal::read_header(bytes) == header);
  CHECK_FALSE(journal::read_record(bytes));

  std::string one;
  journal::append_record({Kind::chunk, 12, 34, 56, {9, 99}, "abcdef", {}}, one);
  REQUIRE(one.size() == journal::kRecordSize);
  const std::optional<Record> r = journal::read_record(one);
  REQUIRE(r);
  CHECK(r->kind == Kind::chunk);
  CHECK(r->time_us == 12);
  CHECK(r->offset == 34);
  CHECK(r->position == 56);
  CHECK(r->source == Source{9, 99});
  CHECK(r->sample == "abcd");
  for (size_t i = 0; i < one.size(); i++) {
    std::string wrong = one;
    wrong[i] = static_cast<char>(wrong[i] ^ 0x10);
    CHECK_FALSE(journal::read_record(wrong));
  }
  CHECK_FALSE(journal::read_record(std::string_view(one).substr(1)));
  CHECK_FALSE(journal::read_record(std::string(journal::kRecordSize, '\0')));

  std::string text;
  journal::append_text(std::string(1000, 'x'), text);
  CHECK(text.size() == journal::kRecordSize * journal::kMostText / journal::kTextPiece);
  CHECK(journal::read_record(text)->text == std::string(journal::kTextPiece, 'x'));
}

TEST_CASE("the index stands beside the log") {
  CHECK(journal::index_name("/d/n1.log") == "/d/n1.idx");
  CHECK(journal::index_name("/d/out") == "/d/out.idx");
  CHECK(journal::old_index_name("/d/n1.log", 3) == "/d/n1.idx.3");
}

TEST_CASE("a journal goes on at its epoch and offset, and gives back its last bytes") {
  const Folder dir;
  int64_t epoch = 0;
  {
    Life life(dir / "n.log");
    CHECK(life.start.offset == 0);
    CHECK(life.start.epoch > 1700000000000000);
    CHECK(life.start.before == 0);
    epoch = life.start.epoch;
    life.say(100000);
  }
  for (uint64_t at = 100000; at < 100030; at += 10) {
    Life life(dir / "n.log");
    CHECK(life.start.epoch == epoch);
    CHECK(life.start.offset == at);
    CHECK(journal::tail(dir / "n.log", life.start, 50) == said(at - 50, at));
    CHECK(journal::tail(dir / "n.log", life.start, 1 << 20) == said(0, at));
    life.say(10);
  }
  CHECK(text(dir / "n.log") == said(0, 100030));
  CHECK(mode_of(dir / "n.idx") == 0600);
  check_places(chain(dir / "n.log", 0)[0]);
}

TEST_CASE("without an epoch no index is made") {
  const Folder dir;
  {
    const Running run;
    Ring ring(4096);
    Append append(*run, ring, options(dir / "n.log"));
    append.note({Kind::up, "connected", {}});
    feed_all(ring, append, "bytes\n");
  }
  CHECK(text(dir / "n.log") == "bytes\n");
  CHECK_FALSE(exists(dir / "n.idx"));
}

TEST_CASE("events and their texts are in the index, at their place") {
  const Folder dir;
  const std::string reason(300, 'r');
  {
    Life life(dir / "n.log");
    life.note(Kind::up, "connected", Source{5, 1000});
    life.say_all(48);
    life.note(Kind::down, reason);
    CHECK(eventually([&] { return Parsed(text(dir / "n.idx")).find(Kind::down) != nullptr; }));
    life.say_all(16);
    life.note(Kind::send_break, "");
  }
  const Parsed index(text(dir / "n.idx"));
  REQUIRE(index.records.size() >= 4);
  CHECK(index.records[0].kind == Kind::up);
  CHECK(index.texts[0] == "connected");
  CHECK(index.records[0].source == Source{5, 1000});
  const Record* down = index.find(Kind::down);
  REQUIRE(down);
  CHECK(down->offset == 48);
  CHECK(down->position == 48);
  CHECK(down->source == Source{5, 1048});
  CHECK(index.texts[static_cast<size_t>(down - &index.records[0])] == reason);
  REQUIRE(index.find(Kind::send_break));
  CHECK(index.find(Kind::send_break)->offset == 64);
  CHECK(index.find(Kind::send_break)->time_us > index.find(Kind::up)->time_us);
  const Start start = journal::find_start(dir / "n.log");
  CHECK(start.source == Source{5, 1064});
}

TEST_CASE("a line without numbers ends the count of a source that had them") {
  const Folder dir;
  {
    Life life(dir / "n.log");
    life.note(Kind::up, "", Source{5, 0});
    life.say_all(16);
    life.note(Kind::up, "");
    life.say_all(16);
  }
  CHECK(journal::find_start(dir / "n.log").source.epoch == 0);
}

TEST_CASE("bytes that a full disk lost keep their numbers") {
  const Folder dir;
  REQUIRE(::mkdir((dir / "far").c_str(), 0700) == 0);
  const std::string log = dir / "far/n.log";
  int64_t epoch = 0;
  {
    Life life(log);
    epoch = life.start.epoch;
    life.say_all(160);
    REQUIRE(std::rename((dir / "far").c_str(), (dir / "away").c_str()) == 0);
    life.append->reopen();
    life.say_all(1600);
    CHECK(status(*life.append).lost == 1600);
    REQUIRE(std::rename((dir / "away").c_str(), (dir / "far").c_str()) == 0);
    CHECK(eventually([&] { return status(*life.append).error == 0; }));
    life.say_all(32);
  }
  const std::string marker = "\n[[1600 bytes skipped]]\n";
  CHECK(text(log) == said(0, 160) + marker + said(1760, 1792));
  const Parsed index(text(dir / "far/n.idx"));
  const Record* gap = index.find(Kind::gap);
  REQUIRE(gap);
  CHECK(gap->offset == 160);
  CHECK(gap->position == 160);
  CHECK((gap + 1)->offset == 1760);
  CHECK((gap + 1)->position == 160 + marker.size());
  const Start start = journal::find_start(log);
  CHECK(start.epoch == epoch);
  CHECK(start.offset == 1792);
  CHECK(journal::tail(log, start, 1000) == said(1760, 1792));
}

TEST_CASE("a small file system that fills up and empties has an index that fits") {
  if (::geteuid() != 0) return;  // only root may mount one
  const Folder dir;
  REQUIRE(::mkdir((dir / "d").c_str(), 0700) == 0);
  if (::mount("none", (dir / "d").c_str(), "tmpfs", 0, "size=256k") < 0) {
    REQUIRE(errno == EPERM);  // a container's root
    return;
  }
  const std::string log = dir / "d/n.log";
  put_file(dir / "d/ballast", std::string(100000, 'x'));
  uint64_t lost = 0;
  {
    Life life(log);
    life.say_all(400000);
    lost = status(*life.append).lost;
    CHECK(status(*life.append).error == ENOSPC);
    CHECK(lost > 0);
    REQUIRE(::unlink((dir / "d/ballast").c_str()) == 0);
    CHECK(eventually([&] { return status(*life.append).error == 0; }));
    life.note(Kind::note, "after");
    life.say_all(1600);
    CHECK(status(*life.append).lost == lost);
    CHECK(eventually([&] {
      life.say_all(16);
      return Parsed(text(dir / "d/n.idx")).find(Kind::note) != nullptr;
    }));
  }
  const Start start = journal::find_start(log);
  const Parsed index(text(dir / "d/n.idx"));
  const std::string bytes = text(log);
  CHECK(start.offset >= 401600);
  CHECK(bytes.ends_with(said(400000, start.offset)));
  CHECK(index.find(Kind::note)->offset == 400000);
  CHECK(::umount((dir / "d").c_str()) == 0);
}

TEST_CASE("an index that is torn at any byte is cut, and the log is the truth") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    life.note(Kind::up, "connected, with a text that takes more than one record", Source{5, 0});
    for (int i = 0; i < 4; i++) life.say_all(70000);
  }
  const std::string whole = text(dir / "n.idx");
  const int64_t epoch = journal::find_start(log).epoch;
  REQUIRE(whole.size() > 5 * journal::kRecordSize);
  for (size_t cut = journal::kRecordSize; cut < whole.size(); cut += 7) {
    put_file(dir / "n.idx", whole.substr(0, cut));
    const Start start = journal::find_start(log);
    CHECK(start.epoch == epoch);
    CHECK(start.offset == 280000);
    put_file(dir / "n.idx", whole.substr(0, cut) + std::string(100, '\0'));
    CHECK(journal::find_start(log).offset == 280000);
  }
  Life(log).say(32);
  CHECK(text(dir / "n.idx").size() % journal::kRecordSize == 0);
  check_places(chain(log, 0)[0]);
  CHECK(journal::find_start(log).offset == 280032);
}

TEST_CASE("a log that lost its end in a power cut gives no number twice") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    for (int i = 0; i < 4; i++) life.say_all(70000);
  }
  REQUIRE(::truncate(log.c_str(), 100000) == 0);
  const Start start = journal::find_start(log);
  CHECK(start.offset >= 280000);
  CHECK(start.before == 0);
  Life(log).say(32);
  CHECK((text(log) == said(0, 100000) + said(start.offset, start.offset + 32)));
  const Parsed index(text(dir / "n.idx"));
  REQUIRE(index.find(Kind::gap));
  CHECK(index.find(Kind::gap)->offset == 100000);
  CHECK(journal::find_start(log).offset == start.offset + 32);
}

TEST_CASE("a log without an index gets one, with a new epoch") {
  const Folder dir;
  const std::string log = dir / "n.log";
  put_file(log, said(0, 1000));
  const Start start = journal::find_start(log);
  CHECK(start.offset == 1000);
  CHECK(journal::tail(log, start, 100) == said(900, 1000));
  Life(log).say(16);
  const Parsed index(text(dir / "n.idx"));
  REQUIRE(index.header);
  CHECK(index.header->offset == 0);
  CHECK(index.header->position == 0);
  check_places(chain(log, 0)[0]);
  const int64_t epoch = journal::find_start(log).epoch;
  REQUIRE(::unlink((dir / "n.idx").c_str()) == 0);
  CHECK(journal::find_start(log).epoch != epoch);
}

TEST_CASE("an index that belongs to another file is not believed") {
  const Folder dir;
  const std::string log = dir / "n.log";
  Life(log).say(1000);
  const int64_t epoch = journal::find_start(log).epoch;
  put_file(log, std::string(2000, 'x'));
  const Start start = journal::find_start(log);
  CHECK(start.epoch != epoch);
  CHECK(start.offset == 2000);
}

TEST_CASE("old files take their index with them, plain or compressed") {
  for (const bool compress : {false, true}) {
    const Folder dir;
    const std::string log = dir / "n.log";
    Options wanted = options(log);
    wanted.rotate_bytes = 100000;
    wanted.keep = 99;
    wanted.compress = compress;
    int64_t epoch = 0;
    {
      Life life(wanted);
      epoch = life.start.epoch;
      life.note(Kind::up, "", Source{5, 0});
      life.say_all(1000000);
      CHECK(eventually([&] {
        life.append->flush();
        return !compress || !exists(dir / "n.log.1");
      }));
    }
    std::string all;
    for (const Chained& c : chain(log, 99)) {
      const Parsed index(c.index);
      REQUIRE(index.header);
      CHECK(index.header->epoch == epoch);
      CHECK(index.header->offset == all.size());
      if (!all.empty()) CHECK(index.records[0].source == Source{5, all.size()});
      check_places(c);
      all += c.log;
    }
    CHECK((all == said(0, 1000000)));
    CHECK(exists(dir / "n.idx.1") != compress);
    const uint64_t old = all.size() - text(log).size();
    REQUIRE(::unlink(log.c_str()) == 0);
    REQUIRE(::unlink((dir / "n.idx").c_str()) == 0);
    const Start start = journal::find_start(log);
    CHECK(start.epoch == epoch);
    CHECK(start.offset == old);
    CHECK(start.source == Source{5, start.offset});
  }
}

TEST_CASE("logrotate's rename and its copytruncate leave the offsets as they are") {
  for (const bool copy : {false, true}) {
    const Folder dir;
    const std::string log = dir / "n.log";
    int64_t epoch = 0;
    uint64_t end = 0;
    {
      Life life(log);
      epoch = life.start.epoch;
      life.say_all(100000);
      if (copy) {
        put_file(dir / "n.log.1", text(log));
        REQUIRE(::truncate(log.c_str(), 0) == 0);
      } else {
        REQUIRE(std::rename(log.c_str(), (dir / "n.log.1").c_str()) == 0);
      }
      CHECK(eventually([&] {
        life.say_all(16);
        return exists(dir / "n.idx.1") && exists(dir / "n.idx");
      }));
      life.say_all(1600);
      end = life.ring.head();
    }
    std::string all;
    for (const Chained& c : chain(log, 1)) {
      check_places(c);
      all += c.log;
    }
    CHECK((all == said(0, end)));
    const Start start = journal::find_start(log);
    CHECK(start.epoch == epoch);
    CHECK(start.offset == end);
  }
}

TEST_CASE("a short journal that was moved does not give its numbers again") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    life.say_all(160);  // one record
  }
  REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
  put_file(log, "");  // logrotate's create
  CHECK(journal::find_start(log).offset == 160);
  {
    Life life(log);
    life.say_all(160);
  }
  CHECK(exists(dir / "n.idx.1"));
  CHECK(journal::find_start(log).offset == 320);
}

TEST_CASE("a crash between a file's first record and its first byte costs no number") {
  const Folder dir;
  const std::string log = dir / "n.log";
  for (int n = 0; n < 2; n++) {
    Life life(log);
    life.say_all(160);  // all begin alike
    if (n > 0) continue;
    REQUIRE(std::rename(log.c_str(), (log + ".1").c_str()) == 0);
    REQUIRE(std::rename((dir / "n.idx").c_str(), (dir / "n.idx.1").c_str()) == 0);
  }
  put_file(log, "");
  CHECK(journal::find_start(log).offset == 160);
  const std::string old = text(dir / "n.idx.1");
  {
    Life life(log);
    life.say_all(160);
  }
  CHECK(text(log) == said(160, 320));
  CHECK(text(dir / "n.idx.1") == old);
  CHECK(journal::find_start(log).offset == 320);
}

TEST_CASE("a crash between the renames of a rotation leaves each index with its file") {
  const Folder dir;
  const std::string log = dir / "n.log";
  Options wanted = options(log);
  wanted.rotate_bytes = 1600;
  wanted.compress = false;
  int64_t epoch = 0;
  {
    Life life(wanted);
    epoch = life.start.epoch;
    life.say(7 * 800);
  }
  // The log was renamed, its index not yet; and the same of file 2.
  for (unsigned n = 4; n > 2; n--) {
    std::rename(journal::old_name(log, n - 1).c_str(), journal::old_name(log, n).c_str());
    std::rename(journal::old_index_name(log, n - 1).c_str(),
                journal::old_index_name(log, n).c_str());
  }
  std::rename(journal::old_name(log, 1).c_str(), journal::old_name(log, 2).c_str());
  {
    Life life(wanted);
    CHECK(life.start.epoch == epoch);
    CHECK(life.start.offset == 5600);
    life.say(16);
  }
  std::string all;
  for (const Chained& c : chain(log, 4)) {
    check_places(c);
    all += c.log;
  }
  CHECK(all == said(0, 5616));

  std::rename(journal::old_name(log, 2).c_str(), journal::old_name(log, 9).c_str());
  std::rename(log.c_str(), journal::old_name(log, 1).c_str());
  {
    Life life(wanted);
    CHECK(life.start.epoch == epoch);
    CHECK(life.start.offset == 5616);
    life.say(16);
  }
  check_places(chain(log, 1)[0]);
  check_places(chain(log, 1)[1]);
}

TEST_CASE("a console that says a byte at a time has an index that stays small") {
  const Folder dir;
  const std::string log = dir / "n.log";
  {
    Life life(log);
    for (int i = 0; i < 1000; i++) {
      life.say(1);
      life.append->flush();
    }
  }
  CHECK(text(dir / "n.idx").size() < 100 * journal::kRecordSize);
}

TEST_CASE("kill -9 of a writing process at any moment loses nothing that the kernel had") {
  const Folder dir;
  const std::string log = dir / "n.log";
  constexpr uint64_t kMost = 25'000'000;  // nothing is dropped: write_for_ever() keeps more
  int64_t epoch = 0;
  uint64_t before = 0;
  for (int round = 0; round < 25 && before < kMost; round++) {
    const pid_t child = ::fork();
    if (child == 0) write_for_ever(log);
    const auto patience = std::chrono::microseconds(2000 + round * 7919 % 20000);
    // Without an index there is no epoch yet.
    CHECK(eventually([&] { return exists(dir / "n.idx") && !text(dir / "n.idx").empty(); }));
    std::this_thread::sleep_for(patience);  // a random moment, not a wait
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const Start start = journal::find_start(log);
    if (round == 0) epoch = start.epoch;
    CHECK(start.epoch == epoch);
    CHECK(start.offset >= before);
    before = start.offset;
  }
  std::string all;
  for (const Chained& c : chain(log, 99)) {
    if (!c.index.empty() && !c.index.starts_with("(")) check_places(c);
    all += c.log;
  }
  CHECK((all == said(0, before)));
  CHECK(chain(log, 99).size() > 2);
}
