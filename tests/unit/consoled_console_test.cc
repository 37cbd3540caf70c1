// One console with real commands: connects, is looked at, typed at, lost and found again.
#include <fcntl.h>

#include <csignal>
#include <string>

#include "lib/base/high_fd.h"
#include "tests/unit/consoled_house.h"

using consoled::Admission;
using consoled::Console;
using consoled::State;
using help::Folder;
using help::House;
using help::Looker;
using help::run_until;
using std::chrono::milliseconds;

namespace {
Admission with(Admission::Rule rule) {
  Admission a;
  a.rule = rule;
  return a;
}
}  // namespace

TEST_CASE("a console connects by itself, and viewers share what it says") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "cat");
  CHECK(h.reaches(c, State::connected));
  CHECK(compatible_name(c.status()) == "connected");
  Looker a(c), b(c);
  a.far.send("hello\r");
  CHECK(run_until(h.loop,
                  [&] { return a.far.has("hello\r\nhello") && b.far.has("hello\r\nhello"); }));
  CHECK(a.viewer->input_bytes() == 6);
  CHECK(b.viewer->input_bytes() == 0);
  CHECK(h.has_happened("up"));
  CHECK(h.has_happened("attach"));
  a.far.fd.reset();
  CHECK(run_until(h.loop, [&] { return h.has_happened("detach"); }));
  CHECK(c.viewers().size() == 1);
  CHECK(c.status().state == State::connected);  // not on demand
  CHECK(c.kick(b.viewer->number()));
  CHECK(run_until(h.loop, [&] { return b.gone; }));
  CHECK_FALSE(c.kick(77));
}

TEST_CASE("a line that is lost comes back, and who looks is told and loses no place") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'echo up; read x'");
  Looker a(c);
  CHECK(run_until(h.loop, [&] { return a.far.has("up"); }));
  a.far.send("\r");
  CHECK(run_until(
      h.loop, [&] { return a.far.has("[[not connected: the command ended: exit status 0]]"); }));
  CHECK(h.has_happened("down"));
  CHECK(run_until(h.loop, [&] { return a.far.has("[[connected]]"); }));
  CHECK(c.status().ups == 2);
  CHECK(c.status().reason.empty());
}

// A driver that says what it may not, at any time, costs the others nothing and itself one line.
TEST_CASE("what cannot happen to a console begins it anew, and the daemon goes on") {
  using Says = void (*)(consoled::Intake&);
  const Says opens = [](consoled::Intake& line) { line.opened({}); };
  const Says closes = [](consoled::Intake& line) {
    line.closed(base::error(base::Errc::closed, "gone"));
  };
  struct Row {
    State in;
    Says says;
    std::string reason;
  };
  for (const Row& row : {Row{State::idle, opens, ""}, Row{State::idle, closes, ""},
                         Row{State::queued, opens, "internal error: opened while queued"},
                         Row{State::queued, closes, "internal error: closed while queued"},
                         Row{State::connected, opens, "internal error: opened while connected"},
                         Row{State::waiting, opens, "internal error: opened while waiting"},
                         Row{State::waiting, closes, "internal error: closed while waiting"}}) {
    CAPTURE(state_name(row.in));
    const Folder dir;
    House h(dir.path());
    Console& other = h.add("other", "cat");
    CHECK(h.reaches(other, State::connected));
    // The second line stays.
    const std::string once = "sh -c 'mkdir " + dir.path() + "/again 2>/dev/null && exit; exec cat'";
    Console& c = h.add("n1", row.in == State::waiting ? once : "cat", row.in == State::idle);
    if (row.in != State::idle && row.in != State::queued) CHECK(h.reaches(c, row.in));
    CHECK(c.status().state == row.in);
    row.says(c);
    CHECK(c.status().state == (row.in == State::idle ? State::idle : State::waiting));
    CHECK(c.status().reason == row.reason);
    Looker a(c);
    CHECK(h.reaches(c, State::connected));
    a.far.send("x\r");
    CHECK(run_until(h.loop, [&] { return a.far.has("x\r\nx"); }));
    CHECK(h.turns.active() + h.turns.waiting() == 0);
    CHECK(other.status().ups == 1);
  }
}

TEST_CASE("a driver that there is no more is an error of its console") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.consoles->add({"n1", "gone", {}, false, {}});
  CHECK(h.reaches(c, State::waiting));
  CHECK(c.status().reason == "Driver not exist");
}

TEST_CASE("a command that cannot run is tried again and again, ever more rarely") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "/no/such/program");
  CHECK(h.reaches(c, State::waiting));
  CHECK(compatible_name(c.status()) == "error");
  CHECK(c.status().reason.find("No such file") != std::string::npos);
  CHECK(c.status().next_us > base::wall_us() - 1'000'000);
  CHECK(run_until(h.loop, [&] { return c.status().attempts >= 4; }));
  CHECK(h.turns.active() + h.turns.waiting() <= 1);
  h.loop.defer([&] { CHECK(c.switch_off()); });
  CHECK(h.reaches(c, State::idle));
  CHECK(c.status().next_us == 0);
  CHECK_FALSE(c.switch_off());
}

TEST_CASE("who looks brings an attempt forward to the first wait, who asks has it at once") {
  const Folder dir;
  House h(dir.path());
  h.config.connect.first_wait = h.config.connect.longest_wait = std::chrono::seconds(30);
  Console& c = h.add("n1", "/no/such/program");
  CHECK(h.reaches(c, State::waiting));
  for (int i = 0; i < 3; i++) {
    Looker a(c);
    CHECK(run_until(h.loop, [&] { return a.far.has("No such file"); }));
    CHECK(c.status().attempts == 1);
    CHECK(c.status().next_us > base::wall_us());
    CHECK(c.status().next_us < base::wall_us() + 30'000'000);
    a.far.fd.reset();
    CHECK(run_until(h.loop, [&] { return a.gone; }));
  }
  h.loop.defer([&] { c.retry(); });
  CHECK(run_until(h.loop, [&] { return c.status().attempts == 2; }));
  h.config.connect.first_wait = h.config.connect.longest_wait = milliseconds(20);
  c.reconnect();
  CHECK(h.reaches(c, State::waiting));
  const Looker b(c);
  CHECK(run_until(h.loop, [&] { return c.status().attempts >= 4; }));
}

TEST_CASE("on demand: one that failed lately is tried again when the first wait is over") {
  const Folder dir;
  House h(dir.path());
  h.config.connect.first_wait = h.config.connect.longest_wait = std::chrono::seconds(30);
  Console& c = h.add("n1", "/no/such/program", true);
  for (int i = 0; i < 3; i++) {
    Looker a(c);
    CHECK(run_until(h.loop, [&] { return a.far.has("[[not connected: "); }));
    CHECK(c.status().attempts == 1);
    CHECK(compatible_name(c.status()) == "error");
    a.far.fd.reset();
    CHECK(run_until(h.loop, [&] { return a.gone; }));
    CHECK(c.status().state == State::idle);
    CHECK(c.status().next_us == 0);
  }
  Looker a(c);
  CHECK(c.status().state == State::queued);
  CHECK(c.status().next_us > base::wall_us());
  CHECK(c.status().reason.find("No such file") != std::string::npos);
  c.retry();
  CHECK(h.reaches(c, State::waiting));
  CHECK(c.status().attempts == 2);
  consoled::Node node = c.node();
  node.params["cmd"] = "cat";
  c.redefine(node);  // another line
  CHECK(h.reaches(c, State::connected));
}

TEST_CASE("on demand: connected while somebody looks, and no longer") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "cat", true);
  help::run_for(h.loop, milliseconds(20));
  CHECK(c.status().state == State::idle);
  CHECK(compatible_name(c.status()) == "avaiable");
  CHECK(c.tape() == nullptr);
  {
    Looker a(c);
    a.far.send("x\r");  // before it is up: kept for then
    CHECK(run_until(h.loop, [&] { return a.far.has("x\r\nx"); }));
    CHECK(c.status().state == State::connected);
    a.far.fd.reset();
    CHECK(run_until(h.loop, [&] { return a.gone; }));
  }
  CHECK(c.status().state == State::idle);
  CHECK(c.switch_on());
  CHECK(h.reaches(c, State::connected));
  CHECK_FALSE(c.switch_on());
  CHECK(c.switch_off());
  CHECK(c.status().state == State::idle);
}

TEST_CASE("an interest connects a console, and hears what became of it") {
  const Folder dir;
  House h(dir.path());
  Console& good = h.add("good", "cat", true);
  Console& bad = h.add("bad", "/no/such/program", true);
  std::string heard;
  {
    Console::Interest a(good, [&](const base::Result<void>& r) { heard += r ? "up " : "failed "; });
    CHECK(run_until(h.loop, [&] { return heard == "up "; }));
    Console::Interest b(bad,
                        [&](const base::Result<void>& r) { heard += r ? "up " : r.error().what; });
    CHECK(run_until(h.loop, [&] { return heard.find("No such file") != std::string::npos; }));
  }
  CHECK(good.status().state == State::idle);
  CHECK(bad.status().state == State::idle);
}

TEST_CASE("taken down or switched off, a console tells who waits for it") {
  const Folder dir;
  House h(dir.path());
  h.config.connect.first_wait = h.config.connect.longest_wait = std::chrono::seconds(30);
  Console& c = h.add("n1", "/no/such/program", true);
  CHECK(c.switch_on());
  CHECK(h.reaches(c, State::waiting));
  CHECK(c.switch_off());
  std::string heard;
  const auto hear = [&](const base::Result<void>& r) { heard = r ? "up" : r.error().what; };
  Console::Interest first(c, hear);  // held back by the last attempt
  CHECK(c.status().state == State::queued);
  CHECK(c.status().failed);
  c.take_down("root");
  CHECK(heard == "taken down by root");
  CHECK_FALSE(c.status().failed);
  CHECK(c.status().down_us == 0);
  heard.clear();
  CHECK(c.switch_on());
  CHECK(h.reaches(c, State::waiting));
  Console::Interest second(c, hear);
  CHECK(c.switch_off());
  CHECK(heard == "switched off");
}

TEST_CASE("what is typed while a console waits for its turn goes with who typed it") {
  const Folder dir;
  House h(dir.path());
  h.config.connect.first_wait = h.config.connect.longest_wait = std::chrono::seconds(30);
  Console& c = h.add("n1", "/no/such/program", true);
  const auto look = [&](std::string_view keys, const auto& until) {
    Looker a(c);
    a.far.send(keys);
    CHECK(run_until(h.loop, [&] { return until(a); }));
    a.far.fd.reset();
    CHECK(run_until(h.loop, [&] { return a.gone; }));
  };
  look("", [&](Looker&) { return c.status().state == State::waiting; });
  look("rm -r old\r", [&](Looker&) { return c.input_waiting() > 0; });
  CHECK(c.status().state == State::idle);
  CHECK(c.input_waiting() == 0);
  consoled::Node node = c.node();
  node.params["cmd"] = "cat";
  c.redefine(node);
  look("new\r", [&](Looker& a) {
    CHECK_FALSE(a.far.has("old"));
    return a.far.has("new\r\nnew");
  });
}

TEST_CASE("switched off, a console drops who looks, and stays off") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "cat");
  Looker a(c), b(c);
  CHECK(h.reaches(c, State::connected));
  c.switch_off();
  CHECK(run_until(h.loop, [&] { return a.gone && b.gone; }));
  CHECK(c.status().state == State::idle);
  help::run_for(h.loop, milliseconds(30));
  CHECK(c.status().state == State::idle);
  CHECK(c.status().attempts == 0);
}

TEST_CASE("break sequences go to the target between the keys, by viewer and escape keys") {
  const Folder dir;
  House h(dir.path());
  h.config.breaks[2].sequence = "<\\d^b>";
  h.config.breaks[2].delay = milliseconds(20);
  Console& c = h.add("n1", "sh -c 'stty raw -echo; echo ready; exec cat -v'");
  Looker a(c, with(Admission::Rule::escapes));
  CHECK(run_until(h.loop, [&] { return a.far.has("ready"); }));
  a.far.send(
      "ab\x05"
      "cl3cd\x05"
      "x");
  CHECK(run_until(h.loop, [&] { return a.far.has("^Ex"); }));
  CHECK(a.far.got.find("ab<^B>cd^Ex") != std::string::npos);
  CHECK(h.has_happened("break"));
  const auto none = c.send_break("\\z!", "test");  // a pty has none
  REQUIRE_FALSE(none);
  CHECK(none.error().code == base::Errc::not_found);
  h.config.breaks[2].sequence = "\\z";
  a.far.send(
      "\x05"
      "cl3");
  CHECK(
      run_until(h.loop, [&] { return a.far.has("[[break: n1: this kind of line has no BREAK"); }));
  c.switch_off();
  CHECK_FALSE(c.send_break(1, "test"));
}

TEST_CASE("the keys of those who left are bounded, and who types above that is told") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'stty raw -echo; echo ready; exec sleep 1000'");
  Looker a(c);
  CHECK(run_until(h.loop, [&] { return a.far.has("ready"); }));
  constexpr uint64_t kMost = 1 << 20;
  const std::string much(60'000, 'x');
  for (int i = 0; i < 20; i++) {
    Looker b(c);
    b.far.send(much);
    CHECK(run_until(h.loop, [&] { return b.viewer->input_bytes() == much.size(); }));
    b.viewer->drop();
    CHECK(run_until(h.loop, [&] { return b.gone; }));
  }
  CHECK(c.input_waiting() <= kMost);
  CHECK(c.input_waiting() > kMost - 64 * 1024);
  // Never mixed: there may be room for less than a unit.
  a.far.send(much + much);
  CHECK(run_until(h.loop, [&] { return a.far.has("bytes of input wait: the target does"); }));
  CHECK(a.far.has("[[input dropped: "));
  CHECK(c.input_waiting() <= kMost);
}

TEST_CASE("so many break sequences may wait for a target that does not read, and no more") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'stty raw -echo; echo ready; exec sleep 1000'");
  Looker a(c, with(Admission::Rule::escapes));
  CHECK(run_until(h.loop, [&] { return a.far.has("ready"); }));
  const std::string much(60'000, 'x');
  CHECK(c.send(much));
  CHECK(c.input_waiting() > 0);
  for (int i = 0; i < 15; i++) CHECK(c.send_break("!", "test"));
  a.far.send(
      "\x05"
      "cl1\x05"
      "cl1");
  CHECK(run_until(h.loop, [&] { return a.far.has("[[break: n1: 16 sequences wait"); }));
  CHECK(std::count(h.happened.begin(), h.happened.end(), "break") == 16);
  const auto no_more = c.send_break("!", "test");
  REQUIRE_FALSE(no_more);
  CHECK(no_more.error().code == base::Errc::busy);
}

TEST_CASE("initcmd speaks with a new line before anybody types") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1",
                     "sh -c 'printf \"login: \"; read x; printf \"password: \"; read y; echo \"in "
                     "as $x/$y\"; exec cat'",
                     false, {{"initcmd", "ogin: 'root\\r' word: 'secret\\d\\r' 'in as'"}});
  Looker a(c);
  a.far.send("typed\r");
  CHECK(run_until(h.loop, [&] { return a.far.has("typed\r\ntyped"); }));
  CHECK(a.far.got.find("in as root/secret") < a.far.got.find("typed"));
}

TEST_CASE("a chat that waits in vain is given up, and keys go on") {
  const Folder dir;
  House h(dir.path());
  h.config.connect.timeout = milliseconds(100);
  Console& c = h.add("n1", "cat", false, {{"initcmd", "never: x"}});
  Looker a(c);
  a.far.send("typed\r");
  CHECK(run_until(h.loop, [&] { return a.far.has("waited in vain for \"never:\""); }));
  CHECK(run_until(h.loop, [&] { return a.far.has("typed\r\ntyped"); }));
}

TEST_CASE("a silent line is probed, and when that is not answered, connected anew") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'stty -echo; while read x; do :; done'", false,
                     {{"idle", "1"}, {"idle_answer", "1"}});
  Console& fine =
      h.add("n2", "cat", false, {{"idle", "1"}, {"idle_answer", "30"}, {"idle_string", "?\\r"}});
  Looker a(fine);
  CHECK(run_until(h.loop, [&] { return c.status().ups >= 2; }));
  CHECK(run_until(h.loop, [&] { return a.far.has("?\r\n?\r\n?"); }));
  CHECK(fine.status().ups == 1);
}

TEST_CASE("read-only viewers see all and type nothing, whole lines only where that is the rule") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'stty raw -echo; echo ready; exec cat -v'");
  Admission readonly;
  readonly.readonly = true;
  Looker a(c, readonly), b(c, with(Admission::Rule::lines));
  CHECK(run_until(h.loop, [&] { return a.far.has("ready"); }));
  a.far.send("no\n");
  CHECK(run_until(h.loop, [&] { return a.far.has("[[read-only: input dropped]]"); }));
  b.far.send("half");
  help::run_for(h.loop, milliseconds(20));
  CHECK_FALSE(a.far.has("half"));
  b.far.send(" whole\n");
  CHECK(run_until(h.loop, [&] { return a.far.has("half whole"); }));
  CHECK_FALSE(a.far.has("no\n"));
}

TEST_CASE("offsets and history go on after a restart of the daemon") {
  const Folder dir;
  int64_t epoch = 0;
  uint64_t head = 0;
  {
    House h(dir.path());
    Console& c = h.add("n1", "sh -c 'echo first line; exec cat'");
    Looker a(c);
    CHECK(run_until(h.loop, [&] { return a.far.has("first line\r\n"); }));
    epoch = c.tape()->epoch();
    head = c.tape()->ring().head();
  }
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'sleep 0.1; echo second line; exec cat'");
  CHECK(c.seen().epoch == epoch);
  CHECK(c.seen().head == head);
  Looker a(c);
  CHECK(run_until(h.loop, [&] { return a.far.has("second line\r\n"); }));
  CHECK(a.far.got == "first line\r\nsecond line\r\n");
  CHECK(help::text(dir / "log/n1.log").starts_with("first line\r\n"));
}

// Of a command nobody copies what is above the descriptors that it is given: net/child.h.
TEST_CASE("what a console keeps open leaves the low descriptors free") {
  const auto low = [] {
    int n = 0;
    for (int fd = 0; fd < base::kLowFds; fd++) n += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return n;
  };
  const Folder dir;
  House h(dir.path());
  const int before = low();
  for (int i = 0; i < 20; i++) {
    Console& c = h.add(base::cat("n", i), "sh -c 'echo up; exec cat'");
    CHECK(run_until(h.loop, [&] { return help::exists(dir / base::cat("log/n", i, ".log")); }));
    CHECK(h.reaches(c, State::connected));
  }
  CHECK(run_until(h.loop, [&] { return low() == before; }));
}

TEST_CASE("without a journal there are offsets too, of this start") {
  const Folder dir;
  House h(dir.path(), false);
  Console& c = h.add("n1", "cat");
  Looker a(c);
  a.far.send("x\r");
  CHECK(run_until(h.loop, [&] { return a.far.has("x\r\nx"); }));
  CHECK(c.tape()->epoch() == h.shared->epoch);
  CHECK_FALSE(help::exists(dir / "log"));
}

TEST_CASE("a console that is defined anew gets a new line, one that is deleted tells its viewers") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'echo old; exec cat'");
  Looker a(c);
  CHECK(run_until(h.loop, [&] { return a.far.has("old"); }));
  consoled::Node node = c.node();
  node.labels["rack"] = "7";
  c.redefine(node);
  CHECK(c.status().state == State::connected);
  node.params["cmd"] = "sh -c 'echo new; exec cat'";
  c.redefine(node);
  CHECK(run_until(h.loop, [&] { return a.far.has("new"); }));
  h.consoles->remove("n1");
  CHECK(h.consoles->find("n1") == nullptr);
  CHECK(a.far.has("[[the console was deleted]]"));
  CHECK(a.far.at_end());
}

TEST_CASE("who types at a target that does not read is held back, nobody else") {
  const Folder dir;
  House h(dir.path());
  Console& c = h.add("n1", "sh -c 'stty raw -echo; echo ready; exec sleep 1000'");
  Looker a(c), b(c);
  CHECK(run_until(h.loop, [&] { return a.far.has("ready"); }));
  std::string much(300'000, 'x');
  size_t sent = 0;
  CHECK(run_until(h.loop, [&] {
    const ssize_t n = ::write(a.far.fd.get(), much.data(), much.size() - sent);
    if (n > 0) sent += static_cast<size_t>(n);
    return c.input_waiting() >= 64 * 1024;
  }));
  help::run_for(h.loop, milliseconds(20));
  CHECK(c.input_waiting() < 80 * 1024);
  CHECK_FALSE(c.send(std::string(size_t{1} << 20, 'x')));
  b.far.send("y");
  CHECK(run_until(h.loop, [&] { return b.viewer->input_bytes() == 1; }));
}
