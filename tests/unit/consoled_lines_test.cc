// What consoled's drivers have that is pure: words of a command line, TELNET, parameters; and lock
// files of serial lines.
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/pty/line_lock.h"
#include "lib/pty/line_settings.h"
#include "tests/unit/help.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/telnet.h"
#include "tools/consoled/words.h"

using consoled::Node;
using consoled::shell_words;
using consoled::Telnet;

TEST_CASE("a command line is cut as a shell cuts it, and nothing is expanded") {
  struct Row {
    const char* line;
    std::vector<std::string> words;
  };
  for (const Row& row : std::vector<Row>{
           {"", {}},
           {"  \t ", {}},
           {"cat", {"cat"}},
           {" ipmitool  -H 10.0.0.1 sol", {"ipmitool", "-H", "10.0.0.1", "sol"}},
           {"sh -c 'echo \"a b\"; sleep 1'", {"sh", "-c", "echo \"a b\"; sleep 1"}},
           {R"(a"b c"d e\ f)", {"ab cd", "e f"}},
           {R"("\"\\\$\`\n" '\n')", {R"("\$`\n)", "\\n"}},
           {"'' \"\"", {"", ""}},
           {"$HOME ~ *", {"$HOME", "~", "*"}},
           {"x\\", {"x\\"}},
       }) {
    const auto words = shell_words(row.line);
    REQUIRE_MESSAGE(words, row.line);
    CHECK(*words == row.words);
  }
  CHECK(shell_words("echo 'a").error().what == "column 6: the quote is not closed");
  CHECK(shell_words("\"a b").error().what == "column 1: the quote is not closed");
}

namespace {
std::string received(Telnet& telnet, std::string bytes) {
  bytes.resize(telnet.receive(bytes));
  return bytes;
}
}  // namespace

TEST_CASE("TELNET: data comes out clean however it is cut, also at each byte") {
  const std::string in(
      "a\xff\xff"
      "b\xff\xfb\x01"
      "c\r\0d\r\n\xff\xfa\x18\x01\xff\xf0"
      "e\xff\xf1"
      "f",
      23);
  const std::string out =
      "a\xff"
      "bc\rd\r\nef";
  Telnet whole;
  CHECK(received(whole, in) == out);
  Telnet piecewise;
  std::string got;
  for (const char c : in) got += received(piecewise, std::string(1, c));
  CHECK(got == out);
}

TEST_CASE("TELNET: what is known is agreed to once, the rest refused once") {
  Telnet t;
  const auto said = [&](std::string_view in) {
    received(t, std::string(in));
    std::string out;
    out.swap(t.replies());
    return out;
  };
  CHECK(said("\xff\xfb\x01") == "\xff\xfd\x01");  // WILL ECHO: DO
  CHECK(said("\xff\xfb\x01").empty());            // again: known
  CHECK(said("\xff\xfb\x22") == "\xff\xfe\x22");  // WILL LINEMODE: DONT
  CHECK(said("\xff\xfb\x22").empty());            // no loop
  CHECK(said("\xff\xfd\x18") == "\xff\xfb\x18");  // DO TERMINAL TYPE: WILL
  CHECK(said("\xff\xfa\x18\x01\xff\xf0") ==
        std::string("\xff\xfa\x18\0xterm-256color\xff\xf0", 20));
  t.resize({50, 255});
  CHECK(said("\xff\xfd\x1f") ==
        std::string("\xff\xfb\x1f\xff\xfa\x1f\0\xff\xff\0\x32\xff\xf0", 13));
  CHECK(said("\xff\xfc\x01") == "\xff\xfe\x01");  // WONT ECHO: DONT
  CHECK(said("\xff\xfc\x01").empty());
}

TEST_CASE("TELNET: keys are doubled and CR completed, until BINARY is agreed") {
  Telnet t;
  CHECK(t.keys("a\r\xff") == std::string("a\r\0\xff\xff", 5));
  received(t, std::string("\xff\xfd\0", 3));
  CHECK(t.keys("a\r\xff") == "a\r\xff\xff");
}

TEST_CASE("a subnegotiation without an end takes no memory") {
  Telnet t;
  received(t, "\xff\xfa\x18");
  for (int i = 0; i < 1000; i++) CHECK(received(t, std::string(1000, 'x')).empty());
  CHECK(received(t, "\xff\xf0now") == "now");
}

TEST_CASE("a node's parameters are checked, with goconserver's words where it has some") {
  struct Row {
    Node node;
    const char* wrong;
  };
  for (const Row& row : std::vector<Row>{
           {{"n", "", {}, false, {}}, "Driver is not defined"},
           {{"n", "no", {}, false, {}}, "Driver not exist"},
           {{"n", "cmd", {}, false, {}}, "n: Please specify the parameter cmd"},
           {{"n", "cmd", {{"cmd", "  "}}, false, {}}, "n: parameter cmd: is empty"},
           {{"n", "cmd", {{"cmd", "a 'b"}}, false, {}},
            "n: parameter cmd: column 3: the quote is not closed"},
           {{"n", "cmd", {{"cmd", "a"}, {"env", "A=1 B"}}, false, {}},
            "n: parameter env: expected NAME=VALUE, got B"},
           {{"n", "cmd", {{"cmd", "a"}, {"persist", "maybe"}}, false, {}},
            "n: parameter persist: expected true or false, got maybe"},
           {{"n", "cmd", {{"cmd", "a"}, {"host", "b"}}, false, {}},
            "n: parameter host: the driver cmd has no such parameter"},
           {{"n", "tcp", {{"host", "h"}}, false, {}}, "n: Please specify the parameter port"},
           {{"n", "unix", {{"socket", "x"}}, false, {}},
            "n: parameter socket: expected an absolute path or @NAME, got x"},
           {{"n", "tty", {{"device", "/dev/ttyS0"}, {"speed", "12"}}, false, {}},
            "n: parameter: speed: expected 300 to 1500000 as terminals know it, got 12"},
           {{"n", "tty", {{"device", "/dev/ttyS0"}, {"mode", "9n1"}}, false, {}},
            "n: parameter: mode: expected such as 8n1 or 7e1, got 9n1"},
       }) {
    const auto r = consoled::check_node(row.node);
    REQUIRE_FALSE(r);
    CHECK(r.error().what == row.wrong);
  }
  CHECK(consoled::check_node({"n", "cmd", {{"cmd", "cat"}, {"idle", "60"}}, false, {}}));
  CHECK(consoled::check_node({"n", "telnet", {{"host", "h"}}, false, {}}));
  CHECK_FALSE(consoled::check_node({"n", "tcp", {{"host", "h"}, {"port", "70000"}}, false, {}}));
}

TEST_CASE("a serial line's lock keeps others out, and a dead owner's does not") {
  const help::Folder dir;
  {
    auto lock = pty::LineLock::take(dir.path(), "/dev/ttyS9");
    REQUIRE(lock);
    const auto text = base::read_file(dir.path() + "/LCK..ttyS9", 64);
    REQUIRE(text);
    CHECK(text->size() == 11);
    const auto second = pty::LineLock::take(dir.path(), "/dev/ttyS9");
    REQUIRE_FALSE(second);
    CHECK(second.error().code == base::Errc::busy);
  }
  CHECK(::access((dir.path() + "/LCK..ttyS9").c_str(), F_OK) < 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  const auto fd = base::open_file(dir.path() + "/LCK..ttyS9", O_WRONLY | O_CREAT);
  REQUIRE(fd);
  REQUIRE(base::write_all(fd->get(), std::to_string(child) + "\n"));
  CHECK(pty::LineLock::take(dir.path(), "/dev/ttyS9"));
  const auto nowhere = pty::LineLock::take(dir.path() + "/no", "/dev/ttyS9");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().what.find("lock=false") != std::string::npos);
}
