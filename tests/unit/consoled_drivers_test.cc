// consoled's drivers against the real things: commands on ptys, sockets, terminals, ptybufferd.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/net/note_frames.h"
#include "lib/net/process_tree.h"
#include "lib/net/stream.h"
#include "lib/wire/json.h"
#include "tests/unit/driver_help.h"
#include "tests/unit/help.h"
#include "tools/consoled/drivers.h"

using consoled::Driver;
using consoled::Node;
using consoled::SourcePosition;
using help::driver::House;
using help::driver::Intake;
using help::driver::Server;
using std::chrono::seconds;

namespace {

Node command(const std::string& cmd) {
  return {"n1", "cmd", {{"cmd", cmd}}, false, {}};
}

// What a page has between two marks.
std::string between(const std::string& page, const std::string& from, const std::string& to) {
  const size_t begin = page.find(from);
  REQUIRE_MESSAGE(begin != std::string::npos, from);
  return page.substr(begin, page.find(to, begin + from.size()) - begin);
}

// Whether a line of mdoc(7) has it as a variable.
bool has_variable(const std::string& text, std::string_view name) {
  for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at++) {
    const size_t end = at + name.size(), word = text.find("Va ", text.rfind('\n', at) + 1);
    if (word < at && text[at - 1] == ' ' && (text[end] == ' ' || text[end] == '\n')) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("consoled(8) has each driver, with each of its parameters") {
  const std::string page = help::text("man/consoled.8");
  for (const consoled::Param& p : consoled::kCommonParams) {
    CHECK_MESSAGE(has_variable(between(page, "Every driver has", ".Ss Drivers"), p.name), p.name);
  }
  const std::string drivers = between(page, ".Ss Drivers", ".Sh CONTROL SOCKET");
  for (const consoled::DriverKind* kind : consoled::driver_kinds()) {
    std::string text = between(drivers, ".It Cm " + std::string(kind->name) + "\n", ".It Cm ");
    // "the same with a command"
    if (kind->name == "sshcmd") text += between(drivers, ".It Cm ssh\n", ".It Cm ");
    for (const consoled::Param& p : kind->params) {
      CHECK_MESSAGE(has_variable(text, p.name), kind->name, ": ", p.name);
    }
  }
}

TEST_CASE("cmd: a command's output comes, its end is told with the status") {
  House house;
  Intake intake;
  const auto d = house.open(command("sh -c 'echo \"it is $CONSOLE_TYPE $TERM\"; exit 3'"), intake);
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.is_open);
  CHECK(intake.text == "it is gocons xterm-256color\r\n");
  CHECK(intake.over->what == "the command ended: exit status 3");
  CHECK(intake.published > 0);
}

TEST_CASE("cmd: a command that is not there says so") {
  House house;
  Intake intake;
  const auto d = house.open(command("/no/such/command"), intake);
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK_FALSE(intake.is_open);
  CHECK(intake.over->what == "cannot run /no/such/command: No such file or directory");
}

TEST_CASE("cmd: env, window size and keys reach the command") {
  House house;
  Intake intake;
  Node node = command("sh -c 'stty size; echo $A-$B; read x; echo got $x; stty size; cat'");
  node.params["env"] = "A=1 B='two words'";
  const auto d = consoled::driver_kind("cmd")->make(house.around, node, intake);
  d->resize({30, 90});
  d->open(house.loop.now() + seconds(10));
  CHECK(house.says(intake, "30 90\r\n1-two words\r\n"));
  d->resize({31, 91});
  CHECK(d->write("hello\r") == 6);
  CHECK(house.says(intake, "got hello\r\n31 91\r\n"));
  const auto none = d->send_break();
  REQUIRE_FALSE(none);
  CHECK(none.error().code == base::Errc::not_found);
}

TEST_CASE("cmd: a command that does not read takes no more keys, and says when it does") {
  House house;
  Intake intake;
  const auto d =
      house.open(command("sh -c 'stty raw -echo; echo up; read x <&3 3</dev/null; kill -STOP $$; "
                         "head -c 200000 | wc -c'"),
                 intake);
  CHECK(house.says(intake, "up"));
  const std::string keys(200000, 'k');
  size_t sent = 0;
  CHECK(house.until([&] {
    const size_t n = d->write(std::string_view(keys).substr(sent, 4096));
    sent += n;
    return n == 0;
  }));
  CHECK(sent > 0);
  CHECK(sent < keys.size());
  CHECK(intake.writables == 0);
  for (const net::Process& p : net::all_processes()) {
    if (p.parent == ::getpid()) ::kill(p.pid, SIGCONT);
  }
  CHECK(house.until([&] {
    if (sent < keys.size()) sent += d->write(std::string_view(keys).substr(sent));
    return intake.text.find("200000") != std::string::npos;
  }));
  CHECK(intake.writables > 0);
}

TEST_CASE("cmd: without room nothing is read, and nothing is lost") {
  House house;
  Intake intake;
  intake.full = true;
  const auto d = house.open(command("sh -c 'seq 20000; cat'"), intake);
  CHECK(house.until([&] { return intake.is_open; }));
  help::run_for(house.loop, std::chrono::milliseconds(100));
  CHECK(intake.text.empty());
  intake.full = false;
  d->resume();
  CHECK(house.says(intake, "\r\n20000\r\n"));
  CHECK(intake.text.size() == 108894 + 20000);  // as seq writes it, with CR
}

TEST_CASE("cmd: the last words of a command wait for room") {
  House house;
  Intake intake;
  intake.full = true;
  // One of its session keeps the terminal open for a while, so that there is no hangup.
  const auto d = house.open(
      command("sh -c 'trap \"\" HUP TERM; sleep 1 & seq 2000; echo last words'"), intake);
  CHECK(house.until([&] { return intake.is_open; }));
  CHECK(house.until([&] { return house.session_end.pending() > 0 || intake.over; }));
  Intake later;  // which ends after that
  const auto other = house.open(command("sh -c 'sleep 0.2'"), later);
  CHECK(house.until([&] { return later.over.has_value(); }));
  CHECK_FALSE(intake.over);
  intake.full = false;
  d->resume();
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.text.find("last words") != std::string::npos);
  CHECK(intake.over->what == "the command ended: exit status 0");
}

TEST_CASE("cmd: when the line is dropped every process of its session ends") {
  House house;
  {
    Intake intake;
    const auto d =
        house.open(command("sh -c 'set -m; trap \"\" HUP; sleep 333 & echo up; wait'"), intake);
    CHECK(house.says(intake, "up"));
    CHECK(house.session_end.pending() == 0);
  }
  CHECK(house.session_end.pending() == 1);
  CHECK(house.until([&] { return house.session_end.pending() == 0; }));
}

TEST_CASE("unix and tcp: bytes go both ways, the end is told, a closed door, too") {
  House house;
  SUBCASE("unix") {
    const std::string path = house.folder / "serial";
    const Node node{"n", "unix", {{"socket", path}}, false, {}};
    Intake intake;
    {
      Server server(house.loop, *net::unix_address(path));
      const auto d = house.open(node, intake);
      CHECK(house.until([&] { return intake.is_open && server.peer; }));
      d->write("keys");
      server.peer->send("console");
      CHECK(house.says(intake, "console"));
      CHECK(house.until([&] { return server.got == "keys"; }));
      server.peer.reset();
      CHECK(house.until([&] { return intake.over.has_value(); }));
      CHECK(intake.over->what == "closed by the other side");
    }
    Intake later;
    const auto d = house.open(node, later);
    CHECK(house.until([&] { return later.over.has_value(); }));
    CHECK(later.over->what == path + ": Connection refused");
  }
  SUBCASE("tcp") {
    auto server = std::make_unique<Server>(house.loop, *net::tcp_address("127.0.0.1:0"));
    const Node node{
        "n", "tcp", {{"host", "127.0.0.1"}, {"port", std::to_string(server->port)}}, false, {}};
    Intake intake;
    const auto d = house.open(node, intake);
    CHECK(house.until([&] { return intake.is_open && server->peer; }));
    d->write("keys");
    server->peer->send("console");
    CHECK(house.says(intake, "console"));
    CHECK(house.until([&] { return server->got == "keys"; }));
    server.reset();
    CHECK(house.until([&] { return intake.over.has_value(); }));
    Intake later;
    const auto again = house.open(node, later);
    CHECK(house.until([&] { return later.over.has_value(); }));
    CHECK(later.over->what.find("Connection refused") != std::string::npos);
  }
}

TEST_CASE("unix: a target that reads no more is closed, when all it said was read") {
  House house;
  Intake intake;
  const std::string path = house.folder / "s";
  const auto address = net::unix_address(path);
  REQUIRE(address);
  Server server(house.loop, *address);
  const auto d = house.open({"n", "unix", {{"socket", path}}, false, {}}, intake);
  CHECK(house.until([&] { return intake.is_open && server.peer != nullptr; }));
  ::shutdown(server.peer->fd(), SHUT_RD);
  server.peer->send("last words");
  intake.full = true;
  CHECK(d->write("keys") == 0);
  help::run_for(house.loop, std::chrono::milliseconds(20));
  CHECK_FALSE(intake.over);  // there is no room for them yet
  intake.full = false;
  d->resume();
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.text == "last words");
  CHECK(intake.over->what == "closed by the other side");
}

TEST_CASE("telnet: options are answered, keys are quoted, BREAK is IAC BRK") {
  House house;
  Server server(house.loop, *net::tcp_address("127.0.0.1:0"));
  const Node node{
      "n", "telnet", {{"host", "127.0.0.1"}, {"port", std::to_string(server.port)}}, false, {}};
  Intake intake;
  const auto d = house.open(node, intake);
  CHECK(house.until([&] { return intake.is_open && server.peer; }));
  server.peer->send("\xff\xfb\x01login: \xff\xff");
  CHECK(house.says(intake, "login: \xff"));
  CHECK(intake.text == "login: \xff");
  CHECK(d->write("a\r\xff") == 3);
  CHECK(d->send_break());
  const std::string expected(
      "\xff\xfd\x01"
      "a\r\0\xff\xff\xff\xf3",
      10);
  CHECK(house.until([&] { return server.got.size() >= expected.size(); }));
  CHECK(server.got == expected);
}

TEST_CASE("tty: a terminal that exists is spoken with, raw, and its end is noticed") {
  House house;
  auto pair = pty::open({});
  REQUIRE(pair);
  const Node node{"n", "tty", {{"device", pair->name}, {"speed", "9600"}}, false, {}};
  Intake intake;
  const auto d = house.open(node, intake);
  CHECK(house.until([&] { return intake.is_open; }));
  REQUIRE(base::write_all(pair->master.get(), "guest\r\n\x03"));
  CHECK(house.says(intake, "guest\r\n\x03"));
  CHECK(d->write("keys\n") == 5);
  std::string got(5, '\0');
  CHECK(::read(pair->master.get(), got.data(), got.size()) == 5);
  CHECK(got == "keys\n");
  pair->slave.reset();
  pair->master.reset();
  CHECK(house.until([&] { return intake.over.has_value(); }));
  Intake later;
  const auto again = house.open(node, later);
  CHECK(house.until([&] { return later.over.has_value(); }));
}

TEST_CASE("tty: what follows a BREAK waits for its end") {
  House house;
  const auto pair = pty::open({});
  REQUIRE(pair);
  Intake intake;
  const auto d = house.open({"n", "tty", {{"device", pair->name}}, false, {}}, intake);
  CHECK(house.until([&] { return intake.is_open; }));
  CHECK(d->send_break());
  CHECK(d->write("h") == 0);
  CHECK(house.until([&] { return intake.writables > 0; }));
  CHECK(d->write("h") == 1);
}

TEST_CASE("tty: a file that is no terminal is refused") {
  House house;
  const Node node{"n", "tty", {{"device", "/dev/zero"}, {"lock", "no"}}, false, {}};
  Intake intake;
  const auto d = house.open(node, intake);
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.over->what == "/dev/zero: is not a terminal");
}

TEST_CASE("a persistent command outlives its driver, and goes on where the bytes were taken") {
  House house;
  Node node = command("sh -c 'stty -echo; echo up; while read x; do echo $x $y; y=$x; done'");
  node.params["persist"] = "true";
  Intake first;
  auto d = house.open(node, first);
  CHECK(house.says(first, "up"));
  REQUIRE(first.position);
  CHECK(first.position->offset == 0);
  CHECK(d->write("one\r") == 4);
  CHECK(house.says(first, "one\r\n"));
  const SourcePosition last{first.position->epoch,
                            first.position->offset + first.text.size() - first.opened_at};
  CHECK(d->write("two\r") == 4);  // its answer comes when nobody is there
  d.reset();

  Intake second;
  second.last = last;
  d = house.open(node, second);
  CHECK(house.says(second, "two one\r\n"));
  CHECK(second.text == "two one\r\n");
  CHECK(second.position == last);
  d->terminate();
  CHECK(house.until([&] { return second.over.has_value(); }));
  d.reset();
  CHECK(
      house.until([&] { return ::access((house.folder / "persist/n1.sock").c_str(), F_OK) < 0; }));
}

TEST_CASE("what ptybufferd skips is marked, and the bytes behind it keep their numbers") {
  House house;
  Node node = command("sh -c 'stty raw -echo; echo up; read x; seq 1 2000000; echo END; exec cat'");
  node.params["persist"] = "true";
  Intake intake;
  auto d = house.open(node, intake);
  CHECK(house.says(intake, "up"));
  intake.full = true;
  CHECK(d->write("go\n") == 3);
  help::run_for(house.loop, std::chrono::milliseconds(1500));
  intake.full = false;
  d->resume();
  CHECK(house.says(intake, "\nEND\n"));
  // Once, or again when we were too slow for it.
  uint64_t skipped = 0;
  for (const std::string& move : intake.moves) {
    const uint64_t n = net::marked_bytes("\n" + move.substr(12) + "\n");
    CHECK(intake.text.find(net::loss_marker(n)) != std::string::npos);
    skipped += n;
  }
  CHECK(skipped > 1000000);
  const uint64_t there = 3 + 14888896 + 4;  // "up", the numbers, "END"
  CHECK(intake.position->offset + (intake.ring.head() - intake.opened_at) == there);
  d->terminate();
  CHECK(house.until([&] { return intake.over.has_value(); }));
}

TEST_CASE("a persistent command that cannot be started says so") {
  House house;
  Node node = command("/no/such/command");
  node.params["persist"] = "true";
  Intake intake;
  const auto d = house.open(node, intake);
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.over->what.find("could not be started") != std::string::npos);
}

TEST_CASE("ptybuffer: a data socket alone is a line, too; nobody there is an error") {
  House house;
  const std::string path = house.folder / "old.sock";
  const Node node{"n", "ptybuffer", {{"socket", path}}, false, {}};
  {
    Intake intake;
    const auto d = house.open(node, intake);
    CHECK(house.until([&] { return intake.over.has_value(); }));
    CHECK(intake.over->what == path + ": No such file or directory");
  }
  Server server(house.loop, *net::unix_address(path));
  Intake intake;
  const auto d = house.open(node, intake);
  CHECK(house.until([&] { return intake.is_open && server.peer; }));
  CHECK_FALSE(intake.position);
  server.peer->send("raw");
  CHECK(house.says(intake, "raw"));
}
