// consoled's ssh driver against real sshds.
#include <csignal>

#include "tests/unit/driver_help.h"
#include "tests/unit/ssh_help.h"

using consoled::Node;
using help::Sshd;
using help::driver::House;
using help::driver::Intake;

namespace {

Node shell(const Sshd& sshd) {
  return {"n1",
          "ssh",
          {{"host", "127.0.0.1"},
           {"port", std::to_string(sshd.port())},
           {"user", base::paths::user_name()},
           {"private_key", help::ssh_keys() / "key"}},
          false,
          {}};
}

Node command(const Sshd& sshd, const std::string& cmd) {
  Node node = shell(sshd);
  node.driver = "sshcmd";
  node.params["cmd"] = cmd;
  return node;
}

// Why it could not be opened, or ended.
std::string failure(House& house, const Node& node) {
  Intake intake;
  const auto d = house.open(node, intake);
  if (!house.until([&] { return intake.over.has_value(); })) return "it did not end";
  return intake.over->what;
}

std::string output(House& house, const Node& node) {
  Intake intake;
  const auto d = house.open(node, intake);
  if (!house.until([&] { return intake.over.has_value(); })) return "it did not end";
  return intake.is_open ? intake.text : intake.over->what;
}

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("ssh: a shell on a terminal of the right size and kind, keys and echo") {
  Sshd sshd;
  House house;
  Intake intake;
  const Node node = shell(sshd);
  const auto d = consoled::driver_kind("ssh")->make(house.around, node, intake);
  d->resize({30, 90});
  d->open(house.loop.now() + std::chrono::seconds(10));
  REQUIRE_MESSAGE(house.until([&] { return intake.is_open; }), sshd.log());
  const std::string keys = "stty size; echo $TERM; echo lin$((40+2))eman\r";
  CHECK(d->write(keys) == keys.size());
  CHECK(house.says(intake, "lin42eman"));
  CHECK(contains(intake.text, "30 90\r\nxterm-256color"));
  d->resize({31, 91});
  d->write("stty size\r");
  CHECK(house.says(intake, "31 91"));
  CHECK(intake.published > 0);
  d->write("exit 3\r");
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.over->what == "the shell ended: exit status 3");
}

TEST_CASE("sshcmd: a command's output and status") {
  Sshd sshd;
  House house;
  Intake intake;
  const auto d = house.open(command(sshd, "echo out; echo err >&2; exit 7"), intake);
  REQUIRE(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.text == "out\r\nerr\r\n");
  CHECK(intake.over->what == "the command ended: exit status 7");
}

TEST_CASE("ssh: keys of each kind, with and without a passphrase") {
  Sshd sshd;
  House house;
  Node node = command(sshd, "echo in");
  CHECK(output(house, node) == "in\r\n");
  node.params["private_key"] = help::ssh_keys() / "ecdsa";
  CHECK(output(house, node) == "in\r\n");
  for (const char* locked : {"locked", "rsa_locked"}) {
    node.params["private_key"] = help::ssh_keys() / locked;
    node.params["passphrase_file"] = help::ssh_keys() / "phrase";
    CHECK(output(house, node) == "in\r\n");
  }
  CHECK(house.client.keys.size() == 4);
}

TEST_CASE("ssh: a key that is refused, and keys that cannot be used, say why") {
  Sshd sshd;
  House house;
  Node node = shell(sshd);
  const std::string host = base::cat("127.0.0.1:", sshd.port());
  const std::string user = base::paths::user_name();
  node.params["private_key"] = help::ssh_keys() / "stranger";
  CHECK(failure(house, node) == base::cat(host, ": login as ", user,
                                          " refused: tried private key; the host takes publickey"));
  const std::string locked = help::ssh_keys() / "locked";
  node.params["private_key"] = locked;
  CHECK(failure(house, node) ==
        base::cat(host, ": ", locked,
                  ": no private key, or it needs a passphrase (passphrase_file)"));
  node.params["passphrase_file"] = help::ssh_keys() / "wrong_phrase";
  CHECK(failure(house, node) ==
        base::cat(host, ": ", locked, ": no private key, or its passphrase is another"));
  const std::string open_to_all = house.folder / "open";
  help::put_file(open_to_all, help::text(help::ssh_keys() / "key"));
  REQUIRE(::chmod(open_to_all.c_str(), 0644) == 0);
  node.params["private_key"] = open_to_all;
  node.params.erase("passphrase_file");
  CHECK(failure(house, node) ==
        base::cat(host, ": ", open_to_all, ": others can read it: chmod 600 ", open_to_all));
  node.params["private_key"] = "/nonexistent/key";
  CHECK(failure(house, node) == base::cat(host, ": /nonexistent/key: No such file or directory"));
}

TEST_CASE("ssh: a password where the host takes keys alone is told so, and not shown") {
  Sshd sshd;
  House house;
  Node node = shell(sshd);
  node.params.erase("private_key");
  node.params["password"] = "geheim";
  CHECK(failure(house, node) ==
        base::cat("127.0.0.1:", sshd.port(), ": login as ", base::paths::user_name(),
                  ": the host takes publickey, and none of these is configured"));
}

TEST_CASE("ssh: a host's key is remembered; a changed one is refused with file, line and both") {
  Sshd sshd;
  House house;
  const Node node = command(sshd, "echo in");
  const std::string file = house.folder / "known_hosts";
  CHECK(output(house, node) == "in\r\n");
  const std::string line = help::text(file);
  CHECK(line.starts_with(base::cat("[127.0.0.1]:", sshd.port(), " ssh-ed25519 AAAA")));
  CHECK(help::mode_of(file) == 0600);
  CHECK(output(house, node) == "in\r\n");
  CHECK(help::text(file) == line);
  sshd.kill();
  sshd.set("HostKey", help::ssh_keys() / "host_b");
  sshd.start();
  const std::string why = failure(house, node);
  CHECK(contains(why, base::cat("the host key of [127.0.0.1]:", sshd.port(), " has changed: ", file,
                                " line 1 has ssh-ed25519 SHA256:")));
  CHECK(contains(why, ", the host shows ssh-ed25519 SHA256:"));
  CHECK(contains(why, "remove that line"));
  CHECK(help::text(file) == line);
  // Who does as he is told gets in without a restart.
  help::put_file(file, "# nothing\n");
  CHECK(output(house, node) == "in\r\n");
  CHECK(help::text(file).starts_with("# nothing\n[127.0.0.1]"));
}

TEST_CASE("ssh: of several host keys the known one is asked for; only others: refused") {
  Sshd sshd(Sshd::Settings{{"HostKey", help::ssh_keys() / "host_ecdsa"}});
  House house;
  Node node = command(sshd, "echo in");
  CHECK(output(house, node) == "in\r\n");
  sshd.kill();
  sshd.set("HostKey", help::ssh_keys() / "host_a" + "\nHostKey " + help::ssh_keys() / "host_ecdsa");
  sshd.start();
  CHECK(output(house, node) == "in\r\n");
  sshd.kill();
  sshd.set("HostKey", help::ssh_keys() / "host_a");
  sshd.start();
  CHECK(contains(failure(house, node), "line 1 has ecdsa-sha2-nistp256 SHA256:"));
  node.params["host_key_check"] = "off";
  CHECK(output(house, node) == "in\r\n");
}

TEST_CASE("ssh: strict lets in whom the file knows, also by a hashed name") {
  Sshd sshd;
  House house;
  Node node = command(sshd, "echo in");
  node.params["host_key_check"] = "strict";
  const std::string file = house.folder / "mine";
  node.params["known_hosts"] = file;
  const std::string why = failure(house, node);
  CHECK(contains(why, base::cat("if that is right, add to ", file, ": [127.0.0.1]:", sshd.port(),
                                " ssh-ed25519 AAAA")));
  CHECK_FALSE(help::exists(file));
  const std::string key = help::text(help::ssh_keys() / "host_a.pub");
  help::put_file(file, base::cat("[127.0.0.1]:", sshd.port(), " ", key));
  CHECK(output(house, node) == "in\r\n");
  help::run({"ssh-keygen", "-q", "-H", "-f", file}, house.folder / "log");
  CHECK(help::text(file).starts_with("|1|"));
  CHECK(output(house, node) == "in\r\n");
}

TEST_CASE("ssh: a host with old algorithms alone is named with them, and can be allowed") {
  Sshd sshd({{"KexAlgorithms", "diffie-hellman-group14-sha1"},
             {"HostKey", help::ssh_keys() / "rsa"},
             {"HostKeyAlgorithms", "ssh-rsa"},
             {"Ciphers", "aes128-cbc"},
             {"MACs", "hmac-sha1"}});
  House house;
  Node node = command(sshd, "echo in");
  const std::string host = base::cat("127.0.0.1:", sshd.port(), ": ");
  CHECK(failure(house, node) ==
        host +
            "no key exchange in common: the host offers diffie-hellman-group14-sha1; allow one "
            "of them with kex=+NAME");
  node.params["kex"] = "+diffie-hellman-group14-sha1";
  CHECK(failure(house, node) ==
        host +
            "no kind of host key in common: the host offers ssh-rsa; allow one of them with "
            "hostkeys=+NAME");
  node.params["hostkeys"] = "+ssh-rsa";
  CHECK(
      failure(house, node) ==
      host +
          "no cipher in common: the host offers aes128-cbc; allow one of them with ciphers=+NAME");
  node.params["ciphers"] = "+aes128-cbc";
  CHECK(failure(house, node) ==
        host + "no MAC in common: the host offers hmac-sha1; allow one of them with macs=+NAME");
  node.params["macs"] = "+hmac-sha1";
  CHECK(output(house, node) == "in\r\n");
}

TEST_CASE("ssh: 20 MB come whole and in order, through rekeying; without room nothing is read") {
  Sshd sshd(Sshd::Settings{{"RekeyLimit", "4M"}});
  House house;
  Intake intake;
  intake.full = true;
  const auto d = house.open(
      command(sshd, "stty -opost; seq 2700000; printf 'the end'; read x; exit 0"), intake);
  REQUIRE(house.until([&] { return intake.is_open; }));
  help::run_for(house.loop, std::chrono::milliseconds(100));
  CHECK(intake.text.empty());
  intake.full = false;
  d->resume();
  CHECK(house.says(intake, "the end"));
  std::string expected;
  for (int i = 1; i <= 2700000; i++) expected += std::to_string(i) + "\n";
  CHECK(intake.text == expected + "the end");
  intake.full = true;
  d->write("\r");
  help::run_for(house.loop, std::chrono::milliseconds(100));
  intake.full = false;
  d->resume();
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.over->what == "the command ended: exit status 0");
}

TEST_CASE("ssh: a command that does not read takes no more keys, and says when it does") {
  Sshd sshd;
  House house;
  Intake intake;
  const auto d = house.open(
      command(sshd, "stty raw -echo; echo up; exec 3<&0; while [ ! -e " + house.folder / "go" +
                        " ]; do sleep 0.05; done; head -c 8000000 | wc -c"),
      intake);
  CHECK(house.says(intake, "up"));
  const std::string keys(8000000, 'k');
  size_t sent = 0;
  base::Time moved = base::Clock::now();
  const auto push = [&] {
    for (size_t n = 1; n > 0 && sent < keys.size();) {
      n = d->write(std::string_view(keys).substr(sent, 100000));
      sent += n;
      if (n > 0) moved = base::Clock::now();
    }
  };
  CHECK(house.until([&] {
    push();
    return base::Clock::now() - moved > std::chrono::milliseconds(300);
  }));
  CHECK(sent > 0);
  CHECK(sent < keys.size());
  const int before = intake.writables;
  help::put_file(house.folder / "go", "");
  CHECK(house.until([&] {
    push();
    return contains(intake.text, "8000000");
  }));
  CHECK(intake.writables > before);
}

TEST_CASE("ssh: whoever goes, at whatever moment, leaves no descriptor open") {
  Sshd sshd;
  House house;
  const Node node = command(sshd, "sleep 300");
  CHECK(output(house, command(sshd, "echo in")) == "in\r\n");  // its key is known from here on
  const size_t before = help::open_descriptors();
  for (int ms = 0; ms < 200; ms += 8) {
    Intake intake;
    const auto d = house.open(node, intake);
    help::run_for(house.loop, std::chrono::milliseconds(ms));
    CHECK_FALSE(intake.over);
  }
  CHECK(failure(house, command(sshd, "exit 0")) == "the command ended: exit status 0");
  CHECK(house.client.handshakes.running() == 0);
  CHECK(help::open_descriptors() == before);
}

TEST_CASE("ssh: a host that dies, or is not there, is told at once") {
  Sshd sshd;
  House house;
  Intake intake;
  const Node node = shell(sshd);
  const std::string host = base::cat("127.0.0.1:", sshd.port());
  const auto d = house.open(node, intake);
  REQUIRE(house.until([&] { return intake.is_open; }));
  sshd.kill_sessions();
  CHECK(house.until([&] { return intake.over.has_value(); }));
  const std::string& why = intake.over->what;  // its session's processes die one after the other
  CHECK((why == "the host closed the connection" || why == "the shell was closed by the host"));
  sshd.kill();
  CHECK(failure(house, node) == host + ": Connection refused");
}

TEST_CASE("ssh: who accepts and says nothing, or something else, is left at the deadline") {
  House house;
  Intake intake;
  help::driver::Server server(house.loop, *net::numeric_address("127.0.0.1", 0));
  Node node = {"n1",
               "ssh",
               {{"host", "127.0.0.1"},
                {"port", std::to_string(server.port)},
                {"user", "x"},
                {"password", "y"}},
               false,
               {}};
  const auto d = consoled::driver_kind("ssh")->make(house.around, node, intake);
  d->open(house.loop.now() + std::chrono::seconds(1));
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(intake.over->what ==
        base::cat("127.0.0.1:", server.port, ": the host did not answer in time"));
  CHECK(server.got.starts_with("SSH-2.0-"));
  Intake other;
  const auto e = house.open(node, other);
  CHECK(house.until([&] { return server.peer && server.got.size() > 30; }));
  server.peer->send("220 mail.example ESMTP" + std::string(300, '.') + "\r\n");
  CHECK(house.until([&] { return other.over.has_value(); }));
  CHECK(contains(other.over->what, "Receiving banner: too large banner"));
}

TEST_CASE("ssh: a host that has fallen silent is asked, and given up when it does not answer") {
  Sshd sshd;
  House house;
  Intake intake;
  Node node = shell(sshd);
  node.params["keepalive"] = "2";
  const auto d = house.open(node, intake);
  REQUIRE(house.until([&] { return intake.is_open; }));
  help::run_for(house.loop, std::chrono::milliseconds(5000));  // asked, answered, asked
  CHECK_FALSE(intake.over);
  d->write("echo still$((1+1))here\r");
  CHECK(house.says(intake, "still2here"));
  sshd.stop_sessions(SIGSTOP);
  CHECK(house.until([&] { return intake.over.has_value(); }));
  CHECK(contains(intake.over->what, "the host does not answer any more"));
}

TEST_CASE("ssh: an agent's key, out of several; an agent that hangs holds up nobody else") {
  Sshd sshd;
  House house;
  const std::string socket = house.folder / "agent";
  const pid_t agent = help::spawn({"ssh-agent", "-D", "-a", socket}, house.folder / "log");
  REQUIRE(house.until([&] { return help::exists(socket); }));
  const help::Variable where("SSH_AUTH_SOCK", socket.c_str());
  for (const char* name : {"stranger", "ecdsa", "key"}) {
    help::run({"ssh-add", "-q", help::ssh_keys() / name}, house.folder / "log");
  }
  Node node = command(sshd, "echo in");
  node.params.erase("private_key");
  node.params["agent"] = socket;
  CHECK(output(house, node) == "in\r\n");
  // RSA is signed in another way.
  help::run({"ssh-add", "-q", "-D"}, house.folder / "log");
  help::run({"ssh-add", "-q", help::ssh_keys() / "rsa"}, house.folder / "log");
  CHECK(output(house, node) == "in\r\n");
  help::run({"ssh-add", "-q", "-D"}, house.folder / "log");
  CHECK(contains(failure(house, node), "refused: tried agent; the host takes publickey"));
  ::kill(agent, SIGSTOP);
  Intake hung, late;
  const auto d = house.open(node, hung);
  CHECK(output(house, command(sshd, "echo in")) == "in\r\n");
  CHECK_FALSE(hung.over);
  const auto e = consoled::driver_kind("ssh")->make(house.around, node, late);
  e->open(house.loop.now() + std::chrono::milliseconds(300));
  CHECK(house.until([&] { return late.over.has_value(); }));
  CHECK(late.over->code == base::Errc::timeout);
  ::kill(agent, SIGKILL);
  ::waitpid(agent, nullptr, 0);
  CHECK(contains(failure(house, node), base::cat("agent ", socket, ": ")));
}

TEST_CASE("ssh: through a jump host, both keys checked, both sides' failures told") {
  Sshd jump(Sshd::Settings{{"HostKey", help::ssh_keys() / "host_b"}});
  Sshd sshd;
  House house;
  Node node = command(sshd, "stty -opost; seq 200000; echo $SSH_CONNECTION");
  node.params["proxy"] = base::cat("127.0.0.1:", jump.port());
  const std::string text = output(house, node);
  CHECK(contains(text, "\n200000\n127.0.0.1"));
  const std::string known = help::text(house.folder / "known_hosts");
  CHECK(contains(known, base::cat("[127.0.0.1]:", jump.port(), " ssh-ed25519 ")));
  CHECK(contains(known, base::cat("[127.0.0.1]:", sshd.port(), " ssh-ed25519 ")));
  jump.kill();
  jump.set("HostKey", help::ssh_keys() / "host_a");
  jump.start();
  CHECK(failure(house, node)
            .starts_with(base::cat("proxy: 127.0.0.1:", jump.port(),
                                   ": the host key of [127.0.0.1]:", jump.port(), " has changed")));
  node.params["host_key_check"] = "off";
  sshd.kill();
  CHECK(failure(house, node)
            .starts_with(base::cat("proxy 127.0.0.1:", jump.port(), ": connection to 127.0.0.1:",
                                   sshd.port(), ": Connection refused")));
  jump.kill();
  CHECK(failure(house, node) ==
        base::cat("proxy: 127.0.0.1:", jump.port(), ": Connection refused"));
}

TEST_CASE("ssh: what a node may not say is told when it is defined") {
  const struct {
    const char *name, *value, *why;
  } table[] = {
      {"port", "0", "n1: parameter port: expected a whole number from 1 to 65535, got \"0\""},
      {"host_key_check", "maybe",
       "n1: parameter host_key_check: expected strict, accept-new or off, got maybe"},
      {"kex", "+nonsense", "n1: parameter kex: nonsense is not known"},
      {"ciphers", "aes256-ctr,rot13", "n1: parameter ciphers: rot13 is not known"},
      {"proxy", "u@", "n1: parameter proxy: no host"},
      {"keepalive", "x",
       "n1: parameter keepalive: expected a whole number from 0 to 86400, got \"x\""},
      {"user", "", "n1: Please specify the parameter user"},
      {"host", "", "n1: Please specify the parameter host"},
      {"cmd", "ls", "n1: parameter cmd: the driver ssh has no such parameter"},
      {"password", "",
       "n1: Please specify the parameter password, private_key, password_file or agent"},
  };
  for (const auto& t : table) {
    Node node = {"n1", "ssh", {{"host", "h"}, {"user", "u"}, {"password", "p"}}, false, {}};
    node.params[t.name] = t.value;
    const auto ok = consoled::check_node(node);
    REQUIRE_FALSE(ok);
    CHECK(ok.error().what == t.why);
  }
  const Node node = {"n1", "sshcmd", {{"host", "h"}, {"user", "u"}, {"password", "p"}}, false, {}};
  const auto ok = consoled::check_node(node);
  REQUIRE_FALSE(ok);
  CHECK(ok.error().what == "n1: Please specify the parameter cmd");
}
