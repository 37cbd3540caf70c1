#include <sys/file.h>

#include "lib/base/paths.h"
#include "lib/redis/connect.h"
#include "tests/unit/redis_help.h"

using base::Errc;
using base::Result;

namespace {

// Runtime and state folders of the test's own, and where the script was built. What runs there ends
// with the test.
struct World {
  World() {
    for (const char* name : {"run", "state"}) ::mkdir((folder / name).c_str(), 0700);
  }
  ~World() {
    static_cast<void>(ask({"SHUTDOWN"}));
    std::filesystem::remove_all(folder / "run");
    CHECK(ended());
  }
  std::string socket() const { return folder / "run/redis.sock"; }
  redis::Connect connector() const { return redis::embedded_connector(socket()); }
  // As a client begins: a connection, to a server that is started where there is none.
  Result<base::Fd> start(base::Duration patience = help::kPatience) const {
    net::Loop loop;
    std::optional<Result<base::Fd>> got;
    redis::Connect connect = connector();
    connect(loop, base::Clock::now() + patience, [&](Result<base::Fd> fd) { got = std::move(fd); });
    REQUIRE(help::run_until(loop, [&] { return got.has_value(); }));
    return std::move(*got);
  }
  std::string ask(const std::vector<std::string_view>& argv) const {
    redis::Target t;
    t.path = socket();
    return help::RedisServer::text_of(redis::ask(t, argv, base::Clock::now() + help::kPatience));
  }
  int64_t pid() const {
    const std::string info = ask({"INFO", "server"});
    const size_t at = info.find("process_id:");
    return at == std::string::npos ? 0 : std::stoll(info.substr(at + 11));
  }
  // Nobody has the data any more: the lock is the server's for as long as it lives.
  bool ended() const {
    const auto lock = base::open_file(folder / "state/redis/lock", O_RDWR);
    if (!lock) return true;
    const base::Time deadline = base::Clock::now() + help::kPatience;
    while (::flock(lock->get(), LOCK_EX | LOCK_NB) < 0) {
      if (base::Clock::now() > deadline) return false;
      ::usleep(10000);
    }
    return true;
  }

  help::Folder folder;
  help::Variable runtime{"LINEMAN_RUNTIME", (folder / "run").c_str()};
  help::Variable state{"LINEMAN_STATE", (folder / "state").c_str()};
  help::Variable libexec{
      "LINEMAN_LIBEXEC",
      (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libexec/lineman").c_str()};
};

}  // namespace

TEST_CASE(
    "the embedded server is started on demand, once, for its owner alone, and keeps its data") {
  const World w;
  const auto first = w.start();
  REQUIRE_MESSAGE(first, first.error().what);
  CHECK(help::mode_of(w.socket()) == 0600);
  CHECK(help::mode_of(w.folder / "state/redis") == 0700);
  CHECK(w.ask({"CONFIG", "GET", "port"}) == "port 0 ");
  CHECK(w.ask({"CONFIG", "GET", "appendonly"}) == "appendonly yes ");
  CHECK(w.ask({"CONFIG", "GET", "appendfsync"}) == "appendfsync everysec ");
  CHECK(w.ask({"CONFIG", "GET", "save"}) == "save  ");
  CHECK(w.ask({"SET", "k", "v"}) == "OK");
  const int64_t pid = w.pid();
  REQUIRE(w.start());
  CHECK(w.pid() == pid);
  CHECK(w.ask({"SHUTDOWN"}).starts_with("!"));
  REQUIRE(w.start());
  CHECK(w.pid() != pid);
  CHECK(w.ask({"GET", "k"}) == "v");
}

TEST_CASE("a hundred who start the embedded server at once share one") {
  const World w;
  std::vector<pid_t> children;
  for (int i = 0; i < 100; i++) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(w.start() && w.ask({"INCR", "starts"})[0] != '!' ? 0 : 1);
    children.push_back(pid);
  }
  int good = 0;
  for (const pid_t pid : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (status == 0) good++;
  }
  CHECK(good == 100);
  CHECK(w.ask({"GET", "starts"}) == "100");
}

TEST_CASE("the embedded server killed: its dead socket is in nobody's way, its data is there") {
  const World w;
  REQUIRE(w.start());
  CHECK(w.ask({"SET", "k", "v"}) == "OK");
  ::kill(static_cast<pid_t>(w.pid()), SIGKILL);
  REQUIRE(w.ended());
  CHECK(help::exists(w.socket()));
  REQUIRE(w.start());
  CHECK(w.ask({"GET", "k"}) == "v");
}

TEST_CASE("the embedded server ends when its folder is gone, and the next has its data") {
  const World w;
  REQUIRE(w.start());
  CHECK(w.ask({"SET", "k", "v"}) == "OK");
  std::filesystem::remove_all(w.folder / "run");
  REQUIRE(w.start());  // waits for the end of the other
  CHECK(w.ask({"GET", "k"}) == "v");
  std::filesystem::remove_all(w.folder / "run");
  CHECK(w.ended());
}

TEST_CASE("no redis-server: the error says what to install or to set") {
  const World w;
  const help::Variable path("PATH", "/nowhere");
  const auto r = w.start();
  REQUIRE_FALSE(r);
  CHECK(r.error().what.find("apt install redis-server") != std::string::npos);
  CHECK(r.error().what.find("LINEMAN_REDIS") != std::string::npos);
}

TEST_CASE("an embedded server that cannot start says why") {
  const World w;
  ::mkdir((w.folder / "state/redis").c_str(), 0700);
  ::mkdir((w.folder / "state/redis/appendonlydir").c_str(), 0700);
  help::put_file(w.folder / "state/redis/appendonlydir/appendonly.aof.manifest", "rubbish\n");
  const auto r = w.start();
  REQUIRE_FALSE(r);
  CHECK(r.error().what.find("redis-server did not start: ") == 0);
  CHECK(r.error().what.find(w.folder / "state/redis/start.log") != std::string::npos);
  CHECK(r.error().what.find("manifest") != std::string::npos);
  const help::Variable libexec("LINEMAN_LIBEXEC", "/nowhere");
  CHECK(w.start().error().what.find("/nowhere/redis-embedded: No such file") != std::string::npos);
}

TEST_CASE("a socket whose server is silent is not taken for a dead one") {
  const World w;
  REQUIRE(w.start());
  const auto pid = static_cast<pid_t>(w.pid());
  ::kill(pid, SIGSTOP);
  CHECK(w.start());
  ::kill(pid, SIGCONT);
  CHECK(w.pid() == pid);
}

TEST_CASE("the loop goes on while the embedded server starts, and time is over when it is") {
  const World w;
  const auto lock = base::open_file(w.folder / "run/redis.lock", O_RDWR | O_CREAT, 0600);
  REQUIRE(lock);
  REQUIRE(::flock(lock->get(), LOCK_EX) == 0);
  net::Loop loop;
  std::optional<Result<base::Fd>> got;
  redis::Connect connect = w.connector();
  connect(loop, base::Clock::now() + std::chrono::milliseconds(300),
          [&](Result<base::Fd> fd) { got = std::move(fd); });
  int turns = 0;
  REQUIRE(help::run_until(loop, [&] { return ++turns > 0 && got.has_value(); }));
  CHECK(turns > 20);  // one each millisecond
  CHECK(got->error().code == Errc::timeout);
  CHECK_MESSAGE(got->error().what.find("somebody else starts redis-server") != std::string::npos,
                got->error().what);
}

TEST_CASE("a client that goes while it starts the embedded server leaves nothing behind") {
  const World w;
  const auto lock = base::open_file(w.folder / "run/redis.lock", O_RDWR | O_CREAT, 0600);
  REQUIRE(lock);
  REQUIRE(::flock(lock->get(), LOCK_EX) == 0);
  net::Loop loop;
  help::run_for(loop, std::chrono::milliseconds(1));
  const size_t open = help::open_descriptors();
  for (const int ms : {0, 1, 100}) {
    auto client = std::make_unique<redis::Client>(loop, w.connector(), redis::Login{},
                                                  redis::Client::Events{});
    help::run_for(loop, std::chrono::milliseconds(ms));
    client.reset();
    CHECK(help::open_descriptors() == open);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no child
  }
}

TEST_CASE("two clients of one place each have a way of their own to the embedded server") {
  const World w;
  net::Loop loop;
  const redis::Connect connect = w.connector();
  redis::Client one(loop, connect, {}, {}), two(loop, connect, {}, {});
  CHECK(help::run_until(loop, [&] { return one.ready() && two.ready(); }));
  ::kill(static_cast<pid_t>(w.pid()), SIGKILL);
  REQUIRE(w.ended());
  CHECK(help::run_until(loop, [&] {
    return one.connections() + two.connections() == 4 && one.ready() && two.ready();
  }));
}
