// Nodes in the database, with real files.
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/log.h"
#include "tests/unit/consoled_help.h"
#include "tests/unit/help.h"
#include "tests/unit/hung.h"
#include "tools/consoled/definitions.h"
#include "tools/consoled/node_json.h"

using base::Errc;
using base::Result;
using consoled::Definitions;
using consoled::Node;

namespace {

Node cmd(const std::string& name, const std::string& what = "cat") {
  return {name, "cmd", {{"cmd", what}}, false, {}};
}

// Definitions on a loop that turns when the test waits.
struct Defined {
  explicit Defined(const std::string& folder, base::Duration hanging = Definitions::kHanging) {
    auto opened = Definitions::open(folder, help::check, loop, disk, hanging);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().what));
    all = std::move(*opened);
  }
  // Until all is told.
  void settle() {
    REQUIRE(help::run_until(loop, [this] { return all->waiting() == 0; }));
  }
  Definitions::Done done(const std::string& as = "") {
    return [this, as](const Result<void>& r) { told += as + (r ? "ok " : r.error().what + " "); };
  }
  // Done and told, or what is wrong.
  std::string create(Node node) {
    told.clear();
    if (const auto r = all->create(std::move(node), done()); !r) return r.error().what;
    settle();
    return told;
  }
  std::string replace(Node node) {
    told.clear();
    if (const auto r = all->replace(std::move(node), done()); !r) return r.error().what;
    settle();
    return told;
  }
  std::string remove(const std::string& name) {
    told.clear();
    if (const auto r = all->remove(name, done()); !r) return r.error().what;
    settle();
    return told;
  }
  net::Loop loop;
  net::DiskJobs disk{loop, help::kPatience};
  std::unique_ptr<Definitions> all;
  std::string told;
};

double seconds_of(const std::function<void()>& what) {
  const base::Time start = base::Clock::now();
  what();
  return std::chrono::duration<double>(base::Clock::now() - start).count();
}

}  // namespace

TEST_CASE("definitions: nodes are there again after a restart, in a private file") {
  const help::Folder folder;
  const Node full{"n2", "ssh", {{"host", "h"}, {"password", "\"\n\t\u00e4"}}, true, {{"a", "b"}}};
  {
    Defined d(folder.path());
    CHECK(d.create(cmd("n1")) == "ok ");
    CHECK(d.create(full) == "ok ");
    CHECK(d.create(cmd("n3")) == "ok ");
    CHECK(d.replace(cmd("n1", "date")) == "ok ");
    CHECK(d.remove("n3") == "ok ");
  }
  CHECK(help::mode_of(folder / "consoled.db") == 0600);
  const Defined d(folder.path());
  REQUIRE(d.all->all().size() == 2);
  CHECK(d.all->find("n1")->params.at("cmd") == "date");
  CHECK(*d.all->find("n2") == full);
  CHECK(d.all->find("n3") == nullptr);
}

TEST_CASE("definitions: what cannot be is refused at once, in goconserver's words") {
  const help::Folder folder;
  Defined d(folder.path());
  CHECK(d.create(cmd("n1")) == "ok ");
  CHECK(d.create(cmd("")) == "Skip this record as node name is not defined");
  CHECK(d.create(cmd("../x")) ==
        "\"../x\": a name is 1 to 128 of A-Za-z0-9._-, not beginning with . or -");
  CHECK(d.create({"n2", "nope", {}, false, {}}) == "Driver not exist");
  CHECK(d.create({"n2", "cmd", {}, false, {}}) == "n2: Please specify the parameter cmd");
  CHECK(d.create(cmd("n1")) == "The node name n1 is already exist");
  CHECK(d.remove("zz") == "Node zz is not exist");
  CHECK(d.replace(cmd("zz")) == "Node zz is not exist");
  CHECK(d.all->create(cmd("n1"), {}).error().code == Errc::busy);
  CHECK(d.all->remove("zz", {}).error().code == Errc::not_found);
  CHECK(d.all->waiting() == 0);
}

TEST_CASE("definitions: a change is seen once it is on disk; the next one counts on it before") {
  const help::Folder folder;
  Defined d(folder.path());
  CHECK(d.create(cmd("old")) == "ok ");
  d.told.clear();
  help::Hung hung;
  d.disk.run(hung.work(), [] {});
  REQUIRE(d.all->create(cmd("a"), d.done("create:")));
  help::run_for(d.loop, std::chrono::milliseconds(5));
  CHECK(d.all->find("a") == nullptr);
  CHECK(d.all->changing("a"));
  CHECK(d.all->create(cmd("a"), d.done()).error().code == Errc::busy);
  REQUIRE(d.all->replace(cmd("a", "date"), d.done("replace:")));
  REQUIRE(d.all->remove("a", d.done("remove:")));
  CHECK(d.all->remove("a", d.done()).error().code == Errc::not_found);
  CHECK(d.all->replace(cmd("a"), d.done()).error().code == Errc::not_found);
  REQUIRE(d.all->create(cmd("a", "id"), d.done("again:")));
  REQUIRE(d.all->remove("old", d.done("old:")));
  REQUIRE(d.all->create(cmd("b"), d.done("b:")));
  help::run_for(d.loop, std::chrono::milliseconds(5));
  CHECK(d.told.empty());
  CHECK(d.all->find("old") != nullptr);
  CHECK_FALSE(d.all->changing("c"));
  hung.go_on();
  d.settle();
  CHECK(d.told == "create:ok replace:ok remove:ok again:ok old:ok b:ok ");
  CHECK(d.all->find("a")->params.at("cmd") == "id");
  CHECK_FALSE(d.all->changing("a"));
  d.all.reset();
  const Defined again(folder.path());
  REQUIRE(again.all->all().size() == 2);
  CHECK(again.all->find("a")->params.at("cmd") == "id");
}

TEST_CASE("definitions: on a disk that hangs for long no further change is taken, and it heals") {
  const help::Folder folder;
  Defined d(folder.path(), std::chrono::milliseconds(50));
  CHECK(d.create(cmd("a")) == "ok ");
  d.told.clear();
  std::string logged;
  base::log::set_sink([&](base::log::Level, std::string_view line) { logged += line; });
  help::Hung hung;
  d.disk.run(hung.work(), [] {});
  REQUIRE(d.all->create(cmd("b"), d.done()));
  REQUIRE(
      help::run_until(d.loop, [&] { return d.disk.hanging() >= std::chrono::milliseconds(50); }));
  const std::string why =
      folder / "consoled.db" +
      ": the disk hangs: nothing is defined or deleted until it goes on (waiting: 1)";
  for (const Result<void>& r : {d.all->create(cmd("c"), d.done()), d.all->remove("a", d.done()),
                                d.all->replace(cmd("a", "date"), d.done())}) {
    REQUIRE_FALSE(r);
    CHECK(r.error().code == Errc::io);
    CHECK(r.error().what == why);
  }
  CHECK(logged.find(why) != std::string::npos);
  CHECK(logged.find(why) == logged.rfind(why));
  base::log::set_sink(nullptr);
  CHECK(d.told.empty());
  CHECK(d.all->find("a") != nullptr);
  hung.go_on();
  d.settle();
  CHECK(d.told == "ok ");
  CHECK(d.create(cmd("c")) == "ok ");
}

TEST_CASE("definitions: one that ends while the disk hangs leaves it the changes that it has") {
  const help::Folder folder;
  help::Hung hung;
  {
    Defined d(folder.path());
    CHECK(d.create(cmd("a")) == "ok ");
    d.disk.run(hung.work(), [] {});
    REQUIRE(d.all->create(cmd("b"), [](const Result<void>&) { FAIL("told after the end"); }));
    help::run_for(d.loop, std::chrono::milliseconds(5));
    d.all.reset();
    hung.go_on();
  }
  const Defined d(folder.path());
  CHECK(d.all->find("b") != nullptr);
}

TEST_CASE("definitions: without the disk nothing has changed") {
  const help::Folder folder;
  Defined d(folder.path());
  CHECK(d.create(cmd("a")) == "ok ");
  Result<store::Db> other = store::Db::open(folder / "consoled.db");
  REQUIRE(other);
  REQUIRE(other->begin());
  REQUIRE(d.all->remove("a", d.done()));
  REQUIRE(d.all->create(cmd("a", "date"), d.done()));
  CHECK(d.create(cmd("b")).ends_with("database is locked "));
  CHECK(d.remove("a").ends_with("database is locked "));
  CHECK(d.all->find("b") == nullptr);
  CHECK(d.all->find("a") != nullptr);
  other->rollback();
  CHECK(d.create(cmd("b")) == "ok ");
}

TEST_CASE("definitions: a secret as it was shown is the one that was there") {
  const help::Folder folder;
  Defined d(folder.path());
  Node node{"n", "ssh", {{"host", "h"}, {"password", "real"}}, false, {}};
  Node shown = consoled::redacted(node, help::kind("ssh"));
  CHECK(d.create(shown).find("n: password: ****** stands for a secret") == 0);
  CHECK(d.create(node) == "ok ");
  shown.params["host"] = "other";
  CHECK(d.replace(shown) == "ok ");
  CHECK(d.all->find("n")->params.at("password") == "real");
  CHECK(d.all->find("n")->params.at("host") == "other");
}

TEST_CASE("definitions: nodes.json is taken at the first start, and left as it is") {
  const help::Folder folder;
  const std::string text =
      R"({"n1":{"name":"n1","driver":"cmd","params":{"cmd":"cat"},"ondemand":false,"Labels":null},)"
      R"("n2":{"name":"n2","driver":"ssh","params":{"host":"h"},"ondemand":true,"labels":{"a":"b"}},)"
      R"("n3":{"name":"n3","driver":"ipmi","params":{},"ondemand":false,"Labels":null},)"
      R"("a b":{"driver":"cmd"},"n4":{"params":{"x":1}}})";
  help::put_file(folder / "nodes.json", text);
  {
    Defined d(folder.path());
    CHECK(d.all->import().file == folder / "nodes.json");
    CHECK(d.all->import().nodes == 3);
    const std::string from = folder / "nodes.json: ";
    CHECK(d.all->import().errors ==
          std::vector<std::string>{
              from + "\"a b\": a name is 1 to 128 of A-Za-z0-9._-, not beginning with . or -",
              from + "\"n4\": json: cannot unmarshal number into Go struct field Node.params of "
                     "type string"});
    CHECK(d.all->find("n2")->labels.at("a") == "b");
    CHECK(d.remove("n1") == "ok ");
  }
  CHECK(help::text(folder / "nodes.json") == text);
  const Defined d(folder.path());
  CHECK(d.all->import().file.empty());
  CHECK(d.all->find("n1") == nullptr);
  CHECK(d.all->all().size() == 2);
}

TEST_CASE("definitions: nodes.json.bak stands in for a torn nodes.json") {
  const help::Folder folder;
  help::put_file(folder / "nodes.json", "{\"n1\":{\"na");
  help::put_file(folder / "nodes.json.bak", R"({"n1":{"name":"n1","driver":"cmd"}})");
  const Defined d(folder.path());
  CHECK(d.all->import().file == folder / "nodes.json.bak");
  CHECK(d.all->all().size() == 1);
  REQUIRE(d.all->import().errors.size() == 1);
  CHECK(d.all->import().errors[0].starts_with(folder / "nodes.json: line 1, column "));
}

TEST_CASE("definitions: a torn nodes.json without another is tried again at the next start") {
  const help::Folder folder;
  help::put_file(folder / "nodes.json", "{");
  {
    Defined d(folder.path());
    CHECK(d.all->import().errors.size() == 1);
    CHECK(d.create(cmd("n2", "new")) == "ok ");
  }
  help::put_file(folder / "nodes.json",
                 R"({"n1":{"driver":"cmd"},"n2":{"driver":"cmd","params":{"cmd":"old"}}})");
  const Defined d(folder.path());
  CHECK(d.all->all().size() == 2);
  CHECK(d.all->find("n2")->params.at("cmd") == "new");
}

// The child says each name it was told is defined; the parent kills it in the middle of that.
TEST_CASE("definitions: kill -9 loses no node that was acknowledged, and makes none up") {
  const help::Folder folder;
  Result<base::Pipe> pipe = base::make_pipe();
  REQUIRE(pipe);
  const pid_t pid = ::fork();
  if (pid == 0) {
    Defined d(folder.path());
    for (int i = 0;; d.settle()) {
      for (int k = 0; k < 5; k++, i++) {
        const std::string line = "n" + std::to_string(i) + "\n";
        const auto asked = d.all->create(cmd(line.substr(0, line.size() - 1)), [&, line](auto r) {
          if (r && !base::write_all(pipe->write.get(), line)) ::_exit(1);
        });
        if (!asked) ::_exit(2);
      }
    }
  }
  REQUIRE(pid > 0);
  pipe->write.reset();
  help::Far far(std::move(pipe->read));
  const base::Time deadline = base::Clock::now() + help::kPatience;
  while (far.got.size() < 3000 && base::Clock::now() < deadline) far.read();
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  while (!far.at_end()) far.read();
  const Defined d(folder.path());
  size_t acknowledged = 0;
  for (size_t at = 0, end = 0; (end = far.got.find('\n', at)) != std::string::npos; at = end + 1) {
    const Node* node = d.all->find(far.got.substr(at, end - at));
    REQUIRE(node != nullptr);
    CHECK(*node == cmd(node->name));
    acknowledged++;
  }
  CHECK(acknowledged > 100);
  CHECK(d.all->all().size() % 5 == 0);  // whole commits
  CHECK(d.all->all().size() <= acknowledged + 5);
}

TEST_CASE("definitions: ten thousand nodes: made, read, and one more as fast as with ten") {
  const help::Folder folder;
  const auto one_more = [](Defined& d, int n) {
    return seconds_of([&] {
      for (int i = 0; i < 20; i++) REQUIRE(d.create(cmd("m" + std::to_string(n + i))) == "ok ");
    });
  };
  Defined d(folder.path());
  const double few = one_more(d, 0);
  const double bulk = seconds_of([&] {
    for (int i = 0; i < 10'000; i++) {
      REQUIRE(d.all->create({"n" + std::to_string(i),
                             "ssh",
                             {{"host", "10.0.0.1"}, {"password", "x"}},
                             true,
                             {{"rack", "r1"}}},
                            [](Result<void> r) { REQUIRE(r); }));
    }
    d.settle();
  });
  const double many = one_more(d, 100);
  d.all.reset();
  double load = 0;
  load = seconds_of([&] {
    const Defined again(folder.path());
    CHECK(again.all->all().size() == 10'040);
  });
  MESSAGE("bulk " << bulk << " s, load " << load << " s, twenty more " << few << " and " << many);
#ifndef __SANITIZE_ADDRESS__
  CHECK(bulk < 2);  // 0.5 s on a machine that does nothing else
  CHECK(load < 2);
#endif
  CHECK(many < few * 10 + 0.1);
}
