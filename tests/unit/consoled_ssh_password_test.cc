// consoled's ssh driver where passwords are taken, and at hosts that are odd.
#include <future>

#include "tests/doubles/ssh_server.h"
#include "tests/unit/driver_help.h"
#include "tests/unit/ssh_help.h"

using consoled::Node;
using doubles::SshServer;
using help::driver::House;
using help::driver::Intake;

namespace {

Node console(const SshServer& server, const std::string& password) {
  return {"n1",
          "ssh",
          {{"host", "127.0.0.1"},
           {"port", std::to_string(server.port())},
           {"user", "admin"},
           {"password", password}},
          false,
          {}};
}

// What it says until its user leaves it, or why it could not be opened.
std::string visit(House& house, const Node& node) {
  Intake intake;
  const auto d = house.open(node, intake);
  if (!house.until(
          [&] { return intake.text.find("hello ") != std::string::npos || intake.over; })) {
    return "nothing";
  }
  if (intake.over) return intake.over->what;
  d->write("x");
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.over->what == "the shell ended: exit status 5");
  return intake.text;
}

// Both streams' bytes; which comes first among them is not said.
void check_greeting(const std::string& text) {
  CHECK(text.size() == 17);
  CHECK(text.find("hello ") != std::string::npos);
  CHECK(text.find("oops ") != std::string::npos);
  CHECK(text.find("again ") != std::string::npos);
}

}  // namespace

TEST_CASE("ssh: a password, given or from a file; both streams are shown") {
  SshServer server;
  House house;
  check_greeting(visit(house, console(server, "right")));
  Node node = console(server, "");
  const std::string file = house.folder / "secret";
  node.params["password_file"] = file;
  help::put_file(file, "right\n");
  check_greeting(visit(house, node));
  help::put_file(file, "wrong\n");
  const std::string host = base::cat("127.0.0.1:", server.port());
  CHECK(visit(house, node) ==
        host + ": login as admin refused: tried password; the host takes password");
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  CHECK(visit(house, node) ==
        base::cat(host, ": ", file, ": others can read it: chmod 600 ", file));
  CHECK(server.seen() == "password password password ");
}

TEST_CASE("ssh: a disk that hangs under a password's file holds up the login and nothing else") {
  SshServer server;
  House house;
  Node node = console(server, "");
  node.params["password_file"] = house.folder / "secret";
  help::put_file(house.folder / "secret", "right\n");
  std::promise<void> thaw;
  house.client.secrets.run([&] { thaw.get_future().wait(); }, [] {});
  int turns = 0;
  net::Timer timer(house.loop, [&] {
    CHECK(server.seen().empty());
    if (++turns == 50) return thaw.set_value();
    timer.after(std::chrono::milliseconds(1));
  });
  timer.after(std::chrono::milliseconds(200));
  check_greeting(visit(house, node));
  CHECK(turns == 50);
  CHECK(server.seen() == "password ");
}

TEST_CASE("ssh: questions are answered with the password, once, and nothing else is") {
  SshServer::Manners manners;
  manners.methods = SSH_AUTH_METHOD_INTERACTIVE;
  SshServer server(manners);
  House house;
  check_greeting(visit(house, console(server, "right")));
  const std::string host = base::cat("127.0.0.1:", server.port());
  CHECK(visit(house, console(server, "wrong")) ==
        host +
            ": login as admin refused: tried keyboard-interactive; the host takes "
            "keyboard-interactive");
  manners.prompts = {"Password: ", "Code\x1b[5m: "};
  SshServer two(manners);
  CHECK(visit(house, console(two, "right")) ==
        base::cat("127.0.0.1:", two.port(),
                  ": login as admin: the host asks for \"Code\\x1b[5m: \", and we have but a "
                  "password"));
}

TEST_CASE("ssh: the same password is not tried in two ways, lest an account be locked") {
  SshServer::Manners manners;
  manners.methods = SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE;
  SshServer server(manners);
  House house;
  CHECK(visit(house, console(server, "wrong")) ==
        base::cat("127.0.0.1:", server.port(),
                  ": login as admin refused: tried password; the host takes password, "
                  "keyboard-interactive"));
  CHECK(server.seen() == "password ");
}

TEST_CASE("ssh: a host that lets everybody in, and gives no terminal, is taken as it is") {
  SshServer::Manners manners;
  manners.methods = SSH_AUTH_METHOD_NONE;
  manners.terminals = false;
  SshServer server(manners);
  House house;
  check_greeting(visit(house, console(server, "right")));
  CHECK(server.seen().empty());
}

TEST_CASE("ssh: a jump host never sees the password of the host behind it") {
  SshServer jump;
  SshServer server;
  House house;
  Node node = console(server, "right");
  node.params["proxy"] = base::cat("127.0.0.1:", jump.port());
  CHECK(visit(house, node) ==
        base::cat("proxy: 127.0.0.1:", jump.port(),
                  ": login as admin: the host takes password, and none of these is configured"));
  CHECK(jump.seen().empty());
}

TEST_CASE("ssh: a jump host is shown the proxy's password, given or from a file, and it alone") {
  SshServer jump;
  SshServer server;
  House house;
  Node node = console(server, "wrong");  // of the host: it must not be tried here
  node.params["proxy"] = base::cat("127.0.0.1:", jump.port());
  node.params["proxy_password"] = "faulty";
  const std::string refused =
      base::cat("proxy: 127.0.0.1:", jump.port(),
                ": login as admin refused: tried password; the host takes password");
  CHECK(visit(house, node) == refused);
  // Let in there, it is up to the host, which this jump host does not lead to.
  const std::string let_in = base::cat("127.0.0.1:", server.port(), ": the host did not answer");
  node.params["proxy_password"] = "right";
  CHECK(visit(house, node).starts_with(let_in));
  node.params.erase("proxy_password");
  const std::string file = house.folder / "proxy";
  node.params["proxy_password_file"] = file;
  help::put_file(file, "right\n");
  CHECK(visit(house, node).starts_with(let_in));
  help::put_file(file, "faulty\n");
  CHECK(visit(house, node) == refused);
  CHECK(jump.seen() == "password password password password ");
}
