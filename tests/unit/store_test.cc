// The database: what is acknowledged stays, also over kill -9 of a real process.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/store/db.h"
#include "lib/store/group.h"
#include "lib/store/migrate.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Result;
using store::Db;
using store::Group;
using store::Statement;

namespace {

constexpr std::array<std::string_view, 1> kTables = {
    "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT"};

Db opened(const std::string& path, int busy_ms = 5000) {
  Result<Db> db = Db::open(path, {busy_ms});
  REQUIRE_MESSAGE(db, (db ? "" : db.error().what));
  const Result<void> ready = store::migrate(*db, kTables);
  REQUIRE_MESSAGE(ready, ready.error().what);
  return std::move(*db);
}

int64_t ask(Db& db, std::string_view sql) {
  Result<Statement> s = db.prepare(sql);
  REQUIRE(s);
  const Result<bool> row = s->step();
  REQUIRE(row);
  return *row ? s->integer(0) : -1;
}

std::string ask_text(Db& db, std::string_view sql) {
  Result<Statement> s = db.prepare(sql);
  REQUIRE(s);
  const Result<bool> row = s->step();
  REQUIRE(row);
  return std::string(s->text(0));
}

// What was deferred and what the thread was given, run by the test when the turn ends.
struct Turn {
  using Function = std::function<void()>;
  std::vector<Function> later;
  std::deque<std::pair<Function, Function>> disk;
  Group::Hooks hooks() {
    return {[this](Function f) { later.push_back(std::move(f)); },
            [this](Function work, Function done) {
              disk.emplace_back(std::move(work), std::move(done));
            }};
  }
  // The loop alone: the disk hangs.
  void end_hung() {
    for (auto& f : std::exchange(later, {})) f();
  }
  // What the disk has by now.
  void disk_goes_on() {
    for (auto& [work, done] : std::exchange(disk, {})) {
      work();
      done();
    }
  }
  void end() {
    end_hung();
    disk_goes_on();
  }
};

std::shared_ptr<Db> borrowed(Db& db) {
  return {std::shared_ptr<void>(), &db};
}

struct Inserter {
  explicit Inserter(Db& db)
      : statement(
            std::make_shared<Statement>(std::move(*db.prepare("INSERT INTO t VALUES(?1, ?2)")))) {}
  Group::Work row(int64_t id) {
    return [s = statement, id] { return s->bind(1, id).bind(2, "v").run(); };
  }
  std::shared_ptr<Statement> statement;
};

}  // namespace

TEST_CASE("store: a new database is private, and set up to keep what it says") {
  const help::Folder folder;
  const std::string path = folder / "a.db";
  Db db = opened(path);
  REQUIRE(db.run("INSERT INTO t VALUES(1, 'x')"));
  CHECK(help::mode_of(path) == 0600);
  CHECK(help::mode_of(path + "-wal") == 0600);
  CHECK(help::mode_of(path + "-shm") == 0600);
  CHECK(ask_text(db, "PRAGMA journal_mode") == "wal");
  CHECK(ask(db, "PRAGMA synchronous") == 2);
  CHECK(ask(db, "PRAGMA foreign_keys") == 1);
  CHECK(ask(db, "PRAGMA trusted_schema") == 0);
  CHECK(ask(db, "PRAGMA busy_timeout") == 5000);
  CHECK(ask(db, "PRAGMA wal_autocheckpoint") == 0);
}

TEST_CASE("store: a database that others could read is closed to them") {
  const help::Folder folder;
  help::put_file(folder / "a.db", "");
  REQUIRE(::chmod((folder / "a.db").c_str(), 0666) == 0);
  opened(folder / "a.db");
  CHECK(help::mode_of(folder / "a.db") == 0600);
}

TEST_CASE("store: what is no database, no folder, or on a network is refused with its name") {
  const help::Folder folder;
  help::put_file(folder / "text", std::string(8192, 'x'));
  const Result<Db> text = Db::open(folder / "text");
  REQUIRE_FALSE(text);
  CHECK(text.error().what == folder / "text" + ": file is not a database");
  CHECK(text.error().code == Errc::bad_input);
  const Result<Db> none = Db::open(folder / "none/a.db");
  REQUIRE_FALSE(none);
  CHECK(none.error().what == folder / "none/a.db" + ": No such file or directory");
  CHECK(store::on_network(0x6969));
  CHECK(store::on_network(0xff534d42));
  CHECK(store::on_network(0xffffffffff534d42));
  CHECK_FALSE(store::on_network(0xef53));
  CHECK_FALSE(store::on_network(0x01021994));
}

TEST_CASE("store: text and numbers come back as they went, with NUL and bytes that are no text") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Statement put = std::move(*db.prepare("INSERT INTO t VALUES(?1, ?2)"));
  const std::string odd("a\0b\xff'", 5);
  REQUIRE(put.bind(1, int64_t{1} << 62).bind(2, odd).run());
  REQUIRE(put.bind(1, -1).bind(2, std::string_view()).run());
  Statement all = std::move(*db.prepare("SELECT id, v, NULL FROM t ORDER BY id"));
  REQUIRE(*all.step());
  CHECK(all.integer(0) == -1);
  CHECK(all.text(1).empty());
  CHECK_FALSE(all.null(1));
  CHECK(all.null(2));
  REQUIRE(*all.step());
  CHECK(all.integer(0) == int64_t{1} << 62);
  CHECK(all.text(1) == odd);
  CHECK_FALSE(*all.step());
}

TEST_CASE("store: a statement that fails says why, and serves again") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Statement put = std::move(*db.prepare("INSERT INTO t VALUES(?1, ?2)"));
  REQUIRE(put.bind(1, 1).bind(2, "a").run());
  const Result<void> twice = put.bind(1, 1).bind(2, "b").run();
  REQUIRE_FALSE(twice);
  CHECK(twice.error().what == folder / "a.db" + ": UNIQUE constraint failed: t.id");
  CHECK(put.bind(1, 2).bind(2, "b").run());
  CHECK_FALSE(put.bind(1, 3).bind_null(2).run());
  CHECK_FALSE(db.prepare("SELECT nothing FROM nowhere"));
}

TEST_CASE("migrate: each version once, and a later one is refused and left alone") {
  const help::Folder folder;
  const std::string path = folder / "a.db";
  const std::vector<std::string_view> two = {kTables[0], "ALTER TABLE t ADD COLUMN w TEXT"};
  {
    Db db = opened(path);
    REQUIRE(db.run("INSERT INTO t VALUES(1, 'x')"));
    REQUIRE(store::migrate(db, two));
    REQUIRE(store::migrate(db, two));
    CHECK(ask(db, "PRAGMA user_version") == 2);
    CHECK(ask(db, "SELECT count(*) FROM t WHERE w IS NULL") == 1);
  }
  Result<Db> db = Db::open(path);
  REQUIRE(db);
  const Result<void> older = store::migrate(*db, kTables);
  REQUIRE_FALSE(older);
  CHECK(older.error().what ==
        path + ": its tables are of version 2, this program knows up to 1: use the later program");
  CHECK(ask(*db, "PRAGMA user_version") == 2);
}

TEST_CASE("migrate: a step that fails leaves the version before it") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  const std::vector<std::string_view> bad = {kTables[0], "CREATE TABLE u(x INT) STRICT; NONSENSE"};
  const Result<void> done = store::migrate(db, bad);
  REQUIRE_FALSE(done);
  CHECK(done.error().what.find("tables of version 2: ") == 0);
  CHECK(ask(db, "PRAGMA user_version") == 1);
  CHECK(ask(db, "SELECT count(*) FROM sqlite_master WHERE name='u'") == 0);
  CHECK_FALSE(db.in_transaction());
}

TEST_CASE("group: the changes of a turn are one commit, and told after it") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Db other = opened(folder / "a.db");
  Turn turn;
  Group group(borrowed(db), turn.hooks());
  Inserter insert(db);
  std::vector<int64_t> seen;  // by another connection, when a change was told
  const auto told = [&](Result<void> r) {
    CHECK(r);
    seen.push_back(ask(other, "SELECT count(*) FROM t"));
  };
  for (int64_t id = 1; id <= 3; id++) group.add(insert.row(id), told);
  CHECK(turn.later.size() == 1);
  CHECK(ask(other, "SELECT count(*) FROM t") == 0);
  turn.end();
  CHECK(seen == std::vector<int64_t>{3, 3, 3});
}

TEST_CASE("group: what comes while the disk hangs waits, and is one commit after it, in order") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Db other = opened(folder / "a.db");
  Turn turn;
  Group group(borrowed(db), turn.hooks());
  Inserter insert(db);
  std::vector<std::pair<int64_t, int64_t>> seen;  // which was told, and what was committed then
  const auto add = [&](int64_t id) {
    group.add(insert.row(id), [&, id](const Result<void>& r) {
      CHECK(r);
      seen.emplace_back(id, ask(other, "SELECT count(*) FROM t"));
    });
  };
  add(1);
  turn.end_hung();
  for (int64_t id = 2; id <= 100; id++) {
    add(id);
    turn.end_hung();
  }
  CHECK(turn.disk.size() == 1);
  CHECK(group.waiting() == 100);
  CHECK(seen.empty());
  turn.disk_goes_on();
  CHECK(seen == decltype(seen){{1, 1}});
  CHECK(group.waiting() == 99);
  CHECK(turn.disk.size() == 1);
  turn.disk_goes_on();
  REQUIRE(seen.size() == 100);
  for (int64_t id = 2; id <= 100; id++) {
    CHECK(seen[static_cast<size_t>(id - 1)] == std::pair<int64_t, int64_t>{id, 100});
  }
  CHECK(group.waiting() == 0);
}

TEST_CASE("group: one that goes while the disk hangs tells nobody, and what the disk had stays") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Turn turn;
  auto group = std::make_unique<Group>(borrowed(db), turn.hooks());
  Inserter insert(db);
  const auto never = [](const Result<void>&) { FAIL("told"); };
  group->add(insert.row(1), never);
  turn.end_hung();
  group->add(insert.row(2), never);
  group.reset();
  turn.end();
  CHECK(ask(db, "SELECT sum(id) FROM t") == 1);
}

TEST_CASE("group: a change that fails takes back itself alone") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Turn turn;
  Group group(borrowed(db), turn.hooks());
  Inserter insert(db);
  std::string results;
  const auto told = [&](Result<void> r) { results += r ? 'y' : 'n'; };
  group.add(insert.row(1), told);
  group.add(
      [&]() -> Result<void> {
        REQUIRE(insert.row(2)());
        return insert.row(1)();
      },
      told);
  group.add(insert.row(3), told);
  turn.end();
  CHECK(results == "yny");
  CHECK(ask(db, "SELECT sum(id) FROM t") == 4);
}

TEST_CASE("group: without a commit every change has failed, and the next turn is as good as new") {
  const help::Folder folder;
  Db db = opened(folder / "a.db", 1);
  Db other = opened(folder / "a.db");
  Turn turn;
  Group group(borrowed(db), turn.hooks());
  Inserter insert(db);
  std::string results;
  const auto told = [&](Result<void> r) { results += r ? 'y' : 'n'; };
  REQUIRE(other.begin());
  group.add(insert.row(1), told);
  group.add(insert.row(2), told);
  turn.end();
  CHECK(results == "nn");
  REQUIRE(other.commit());
  group.add(insert.row(1), told);
  turn.end();
  CHECK(results == "nny");
  CHECK(ask(db, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("group: a full disk is told, and what was acknowledged stays") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Turn turn;
  Group group(borrowed(db), turn.hooks());
  Inserter insert(db);
  std::string results;
  const auto told = [&](Result<void> r) { results += r ? 'y' : 'n'; };
  group.add(insert.row(1), told);
  turn.end();
  REQUIRE(db.run("PRAGMA max_page_count=2"));
  const std::string large(100'000, 'x');
  Statement put = std::move(*db.prepare("INSERT INTO t VALUES(?1, ?2)"));
  group.add(insert.row(2), told);
  group.add([&] { return put.bind(1, 3).bind(2, large).run(); }, told);
  turn.end();
  CHECK(results.substr(0, 1) == "y");
  CHECK(results.back() == 'n');
  REQUIRE(db.run("PRAGMA max_page_count=1000"));
  group.add(insert.row(4), told);
  turn.end();
  CHECK(results.back() == 'y');
  CHECK(ask(db, "SELECT count(*) FROM t WHERE id IN (1, 4)") == 2);
  CHECK(ask(db, "SELECT count(*) FROM t WHERE id = 3") == 0);
}

TEST_CASE("group: what is told may ask for more, or end the group") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Turn turn;
  auto group = std::make_unique<Group>(borrowed(db), turn.hooks());
  Inserter insert(db);
  size_t told = 0;
  group->add(insert.row(1), [&](Result<void>) {
    told++;
    group->add(insert.row(2), [&](Result<void>) { told++; });
  });
  turn.end();
  CHECK(told == 1);
  turn.end();
  CHECK(told == 2);
  group->add(insert.row(3), [&](Result<void>) {
    told++;
    group.reset();
  });
  group->add(insert.row(4), [&](Result<void>) { told++; });
  turn.end();
  CHECK(told == 3);
  CHECK(ask(db, "SELECT count(*) FROM t") == 4);
  group = std::make_unique<Group>(borrowed(db), turn.hooks());
  group->add(insert.row(5), [&](Result<void>) { told++; });
  group.reset();
  turn.end();
  CHECK(told == 3);
}

TEST_CASE("group: the WAL does not grow for ever") {
  const help::Folder folder;
  Db db = opened(folder / "a.db");
  Turn turn;
  Group group(borrowed(db), turn.hooks());
  Statement put = std::move(*db.prepare("INSERT INTO t VALUES(NULL, ?1)"));
  const std::string body(100'000, 'x');
  for (int i = 0; i < 400; i++) {
    group.add([&] { return put.bind(1, body).run(); }, [](Result<void> r) { CHECK(r); });
    while (!turn.later.empty() || !turn.disk.empty()) turn.end();
  }
  struct stat st {};
  REQUIRE(::stat((folder / "a.db-wal").c_str(), &st) == 0);
  CHECK(st.st_size < 16 << 20);  // of 40 MiB that were written
}

// The child says each number it was told is committed; the parent kills it in the middle of that.
TEST_CASE("store: kill -9 loses nothing that was acknowledged") {
  const help::Folder folder;
  const std::string path = folder / "a.db";
  int64_t last = 0;
  for (int round = 0; round < 5; round++) {
    Result<base::Pipe> pipe = base::make_pipe();
    REQUIRE(pipe);
    const pid_t pid = ::fork();
    if (pid == 0) {
      Db db = opened(path);
      Turn turn;
      Group group(borrowed(db), turn.hooks());
      Inserter insert(db);
      for (int64_t id = ask(db, "SELECT coalesce(max(id),0) FROM t") + 1;; turn.end()) {
        for (int i = 0; i < 7; i++, id++) {
          group.add(insert.row(id), [&pipe, id](Result<void> r) {
            if (r && !base::write_all(pipe->write.get(), base::cat(id, "\n"))) ::_exit(1);
          });
        }
      }
    }
    REQUIRE(pid > 0);
    pipe->write.reset();
    help::Far far(std::move(pipe->read));
    const base::Time deadline = base::Clock::now() + help::kPatience;
    while (far.got.size() < 2000 && base::Clock::now() < deadline) far.read();
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    while (!far.at_end()) far.read();
    const size_t end = far.got.rfind('\n');
    REQUIRE(end != std::string::npos);
    const size_t begin = far.got.rfind('\n', end - 1);
    const int64_t acknowledged = std::stoll(far.got.substr(begin + 1, end - begin - 1));
    CHECK(acknowledged > last);
    Db db = opened(path);
    last = ask(db, "SELECT max(id) FROM t");
    CHECK(last >= acknowledged);
    CHECK(ask(db, "SELECT count(*) FROM t") == last);
    CHECK(ask_text(db, "PRAGMA integrity_check") == "ok");
  }
}
