// The parts of lib/ssh that need no host: lists, lines, files, turns, keys.
#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/ssh/agent.h"
#include "lib/ssh/handshakes.h"
#include "lib/ssh/key_store.h"
#include "lib/ssh/known_hosts.h"
#include "lib/ssh/options.h"
#include "lib/ssh/secret_file.h"
#include "lib/ssh/words.h"
#include "tests/unit/help.h"
#include "tests/unit/ssh_help.h"

using base::Errc;
using base::Result;
using Marker = ssh::KnownHostsLine::Marker;
using std::chrono::milliseconds;

TEST_CASE("known_hosts: a line is taken apart") {
  struct {
    const char* text;
    std::optional<ssh::KnownHostsLine> line;
  } const table[] = {
      {"host ssh-ed25519 AAAA", {{Marker::none, "host", "ssh-ed25519", "AAAA"}}},
      {"  a,b\tssh-rsa  AAAAAA== a comment\r", {{Marker::none, "a,b", "ssh-rsa", "AAAAAA=="}}},
      {"@revoked * ssh-rsa AAA=", {{Marker::revoked, "*", "ssh-rsa", "AAA="}}},
      {"@cert-authority *.x ssh-rsa AAAA", {{Marker::authority, "*.x", "ssh-rsa", "AAAA"}}},
      {"", {}},
      {"   \t", {}},
      {"# host ssh-rsa AAAA", {}},
      {"@other host ssh-rsa AAAA", {}},
      {"host", {}},
      {"host ssh-rsa", {}},
      {"host ssh-rsa AAA", {}},   // cut short
      {"host ssh-rsa AA=A", {}},  // padding inside
      {"host ssh-rsa ====", {}},
      {"host 1024 65537 123456789", {}},  // of version 1
  };
  for (const auto& t : table) {
    CAPTURE(t.text);
    CHECK(ssh::parse_known_hosts_line(t.text) == t.line);
  }
}

TEST_CASE("known_hosts: names, patterns and what is excepted") {
  struct {
    const char *hosts, *name;
    bool match;
  } const table[] = {
      {"a", "a", true},
      {"a", "b", false},
      {"A", "a", true},
      {"a,b", "b", true},
      {"a,b", "c", false},
      {"*", "anything", true},
      {"*.x.org", "a.x.org", true},
      {"*.x.org", "x.org", false},
      {"10.0.?.1", "10.0.7.1", true},
      {"*,!b", "a", true},
      {"*,!b", "b", false},
      {"!b", "a", false},
      {"[h]:22", "[h]:22", true},
      {"a*b*c", "axxbyybzc", true},
      {"a*b*c", "axxbyybz", false},
      {"|1|a|b", "a", false},
      {"", "a", false},
      {",,", "a", false},
  };
  for (const auto& t : table) {
    CAPTURE(t.hosts);
    CAPTURE(t.name);
    CHECK(ssh::hosts_match(t.hosts, t.name) == t.match);
  }
  CHECK(ssh::known_hosts_name("Host.Example", 22) == "host.example");
  CHECK(ssh::known_hosts_name("::1", 2222) == "[::1]:2222");
}

TEST_CASE("known_hosts: a star-ridden pattern costs no more than a product") {
  std::string stars;
  for (int i = 0; i < 2000; i++) stars += "*a";
  CHECK_FALSE(ssh::hosts_match(stars + "b", std::string(2000, 'a')));
}

namespace {
ssh::HostKey host_key(const std::string& name) {
  const auto line =
      ssh::parse_known_hosts_line("x " + help::text(help::ssh_keys() / name + ".pub"));
  REQUIRE(line);
  return {line->type, line->key};
}
using Check = ssh::HostKeyCheck;
}  // namespace

TEST_CASE("known_hosts: revoked keys, torn lines, what others write") {
  const help::Folder folder;
  const std::string file = folder / "known";
  const ssh::HostKey a = host_key("host_a"), b = host_key("host_b"), e = host_key("host_ecdsa");
  ssh::KnownHosts hosts(file);
  CHECK(hosts.types("h").empty());
  help::put_file(file, "old ssh-ed25519 AA");  // somebody's power went
  REQUIRE(hosts.check("h", a, Check::accept_new));
  CHECK(help::text(file) == base::cat("old ssh-ed25519 AA\nh ssh-ed25519 ", a.base64, "\n"));
  CHECK(hosts.types("h") == std::vector<std::string>{"ssh-ed25519"});
  // Another daemon's.
  help::put_file(file, help::text(file) + "i ecdsa-sha2-nistp256 " + e.base64 + "\n");
  CHECK(hosts.check("i", e, Check::strict));
  // A second key for a host is added by people, not at first sight.
  const Result<void> other = hosts.check("i", b, Check::accept_new);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == Errc::denied);
  CHECK(other.error().what.find(file + " line 3 has ecdsa-sha2-nistp256 SHA256:") !=
        std::string::npos);
  help::put_file(file, help::text(file) + "i ssh-ed25519 " + b.base64 + "\n");
  CHECK(hosts.check("i", b, Check::strict));
  help::put_file(file, help::text(file) + "@revoked * ssh-ed25519 " + b.base64 + "\n");
  const Result<void> revoked = hosts.check("i", b, Check::accept_new);
  REQUIRE_FALSE(revoked);
  CHECK(revoked.error().what == base::cat("the host shows a key that ", file, " line 5 revokes"));
  CHECK(hosts.check("i", b, Check::off));
}

TEST_CASE("known_hosts: a file that cannot be read or written keeps strangers out") {
  const help::Folder folder;
  ssh::KnownHosts nowhere(folder / "no/such/file");
  const Result<void> r = nowhere.check("h", host_key("host_a"), Check::accept_new);
  REQUIRE_FALSE(r);
  CHECK(r.error().what ==
        base::cat("known hosts: ", folder / "no/such/file", ": No such file or directory"));
  ssh::KnownHosts a_folder(folder.path());
  CHECK_FALSE(a_folder.check("h", host_key("host_a"), Check::accept_new));
}

TEST_CASE("ssh options: lists are added to, taken from, replaced, and ordered") {
  CHECK(ssh::apply_list("", "a,b") == "a,b");
  CHECK(ssh::apply_list("+c,d", "a,b") == "a,b,c,d");
  CHECK(ssh::apply_list("-a,x", "a,b") == "b");
  CHECK(ssh::apply_list("c", "a,b") == "c");
  CHECK(ssh::prefer_types("ssh-ed25519,rsa-sha2-512,rsa-sha2-256,x", {"ssh-rsa"}) ==
        "rsa-sha2-512,rsa-sha2-256,ssh-ed25519,x");
  CHECK(ssh::check_algorithms({"+diffie-hellman-group1-sha1", "+ssh-rsa", "3des-cbc", "-none"})
            .error()
            .what == "macs: none is not known");
  CHECK(ssh::check_algorithms({"", "", "-aes256-ctr", "+hmac-sha1"}));
}

TEST_CASE("ssh options: destinations") {
  struct {
    const char *text, *user, *host;
    uint16_t port;
  } const good[] = {
      {"h", "", "h", 22},     {"u@h", "u", "h", 22},           {"u@h:2222", "u", "h", 2222},
      {"::1", "", "::1", 22}, {"[::1]:2222", "", "::1", 2222}, {"a@b@h", "a@b", "h", 22},
  };
  for (const auto& t : good) {
    CAPTURE(t.text);
    const auto d = ssh::parse_destination(t.text);
    REQUIRE(d);
    CHECK(d->user == t.user);
    CHECK(d->host == t.host);
    CHECK(d->port == t.port);
  }
  for (const char* bad : {"", "u@", "@h", "h:", "h:0", "h:x", "h:65536", "[::1", "[::1]x", ":22"}) {
    CAPTURE(bad);
    CHECK_FALSE(ssh::parse_destination(bad));
  }
}

TEST_CASE("ssh words: what the library says becomes what people can act upon") {
  CHECK(ssh::library_words("kex error : no match for method encryption client->server: server "
                           "[3des-cbc,x], client [aes]") ==
        "no cipher in common: the host offers 3des-cbc, x; allow one of them with ciphers=+NAME");
  CHECK(ssh::library_words("Socket error: disconnected") == "the host closed the connection");
  CHECK(ssh::library_words("Socket error: Connection reset by peer") == "Connection reset by peer");
  CHECK(ssh::library_words("Received SSH_MSG_DISCONNECT: 2:Too many\x1b[31m") ==
        "the host ended the connection: Too many\\x1b[31m");
  CHECK(ssh::library_words("") == "the connection broke");
  for (const char* alien :
       {"read_packet(): Packet len too high(1397966893 5353482d)",
        "Packet filter: rejected packet (type 30)", "Receiving banner: too large banner"}) {
    CHECK(ssh::library_words(alien) ==
          base::cat("what comes from there is no SSH: is this the port of an ssh server? (", alien,
                    ")"));
  }
  CHECK(ssh::foreign_words(std::string(5000, 'x')).size() < 700);
}

TEST_CASE("secret files: whole, first line, and who may read them") {
  const help::Folder folder;
  const std::string file = folder / "f";
  help::put_file(file, "geheim\r\nmore\n");
  CHECK(*ssh::read_secret(file) == "geheim\r\nmore\n");
  CHECK(*ssh::read_secret_line(file) == "geheim");
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  const Result<std::string> open = ssh::read_secret(file);
  REQUIRE_FALSE(open);
  CHECK(open.error().code == Errc::denied);
  CHECK(open.error().what == base::cat(file, ": others can read it: chmod 600 ", file));
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  help::put_file(file, "\n");
  CHECK_FALSE(ssh::read_secret_line(file));
  help::put_file(file, std::string(70000, 'x'));
  CHECK(ssh::read_secret(file).error().code == Errc::too_big);
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK(ssh::read_secret(folder / "fifo").error().what == folder / "fifo" + ": not a regular file");
}

TEST_CASE("handshakes: so many at once, in order; who stands still gives up its place") {
  net::Loop loop;
  ssh::Handshakes queue(loop, 2, milliseconds(500));
  using Turn = ssh::Handshakes::Turn;
  std::string granted;
  std::vector<std::unique_ptr<Turn>> turns;
  for (const char c : {'a', 'b', 'c', 'd', 'e', 'f'}) {
    turns.push_back(std::make_unique<Turn>(queue, [&granted, c] { granted += c; }));
  }
  CHECK(granted.empty());  // never within the constructor
  help::run_for(loop, milliseconds(5));
  CHECK(granted == "ab");
  turns[0].reset();
  turns[2].reset();  // had no turn yet
  help::run_for(loop, milliseconds(5));
  CHECK(granted == "abd");
  CHECK(queue.running() == 2);
  // d moves on, b does not.
  CHECK(help::run_until(loop, [&] {
    turns[3]->progress();
    return granted.size() > 3;
  }));
  CHECK(granted == "abde");
  CHECK(help::run_until(loop, [&] { return granted == "abdef"; }));
  CHECK(queue.waiting() == 0);
  turns.clear();
  CHECK(queue.running() == 0);
}

TEST_CASE("key store: a key is opened once for all, anew when its file changes, off the loop") {
  const help::Folder folder;
  net::Loop loop;
  net::DiskJobs jobs(loop, milliseconds(1000));
  ssh::KeyStore store(jobs);
  const std::string file = folder / "k";
  const ssh::KeyStore::Files files = {file, help::ssh_keys() / "phrase"};
  help::put_file(file, help::text(help::ssh_keys() / "locked"));
  std::vector<ssh::Key> got;
  std::vector<std::unique_ptr<ssh::KeyStore::Request>> asked;
  const auto ask = [&] {
    asked.push_back(std::make_unique<ssh::KeyStore::Request>(store, files, [&](Result<ssh::Key> k) {
      REQUIRE(k);
      got.push_back(*k);
    }));
  };
  int looks = 0;
  for (int i = 0; i < 3; i++) ask();
  asked[1].reset();
  CHECK(help::run_until(loop, [&] {
    looks++;
    return got.size() == 2;
  }));
  CHECK(looks > 10);  // a tenth of a second of work meanwhile
  CHECK(got[0] == got[1]);
  help::put_file(file, help::text(help::ssh_keys() / "rsa_locked"));
  ask();
  CHECK(help::run_until(loop, [&] { return got.size() == 3; }));
  CHECK(got[2] != got[0]);
  CHECK(store.size() == 1);
}

TEST_CASE("key store: who is not interested any more is not told, nor waited for") {
  net::Loop loop;
  auto jobs = std::make_unique<net::DiskJobs>(loop, help::kPatience);
  auto store = std::make_unique<ssh::KeyStore>(*jobs);
  {
    const ssh::KeyStore::Request r(*store,
                                   {help::ssh_keys() / "locked", help::ssh_keys() / "phrase"},
                                   [](const Result<ssh::Key>&) { FAIL("called"); });
    help::run_for(loop, milliseconds(10));
  }
  store.reset();  // while its thread is at work
  jobs.reset();
}

TEST_CASE("agent: answers that make no sense are refused, many keys are cut") {
  using namespace std::string_literals;
  CHECK_FALSE(ssh::parse_identities(""));
  CHECK_FALSE(ssh::parse_identities("\x05"));
  CHECK_FALSE(ssh::parse_identities("\x0c\0\0\0\1"s));
  CHECK_FALSE(ssh::parse_identities("\x0c\0\0\0\1\xff\xff\xff\xff"s));
  CHECK(ssh::parse_identities("\x0c\0\0\0\0"s)->empty());
  const auto one = ssh::parse_identities("\x0c\0\0\0\1\0\0\0\3abc\0\0\0\1c"s);
  REQUIRE(one);
  REQUIRE(one->size() == 1);
  CHECK((*one)[0].blob == "abc");
  CHECK(ssh::identities_answer({"abc", "c"}) == "\x0c\0\0\0\1\0\0\0\3abc\0\0\0\1c"s);
  std::string many = "\x0c\xff\xff\xff\xff"s;
  for (int i = 0; i < 100; i++) many += "\0\0\0\1a\0\0\0\0"s;
  CHECK(ssh::parse_identities(many)->size() == 64);
}
