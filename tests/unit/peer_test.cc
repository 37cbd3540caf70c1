#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/net/dialler.h"
#include "lib/peer/control_name.h"
#include "lib/peer/server.h"
#include "lib/peer/who.h"
#include "tests/unit/help.h"

using base::Fd;
using base::Result;
using help::Far;
using help::run_until;
using peer::Command;
using peer::Peer;
using peer::Server;
using std::chrono::milliseconds;
using wire::Json;

namespace {

// A server with a few commands, and what was done to it.
class Fixture {
 public:
  explicit Fixture(Server::Options options = {}) {
    const Result<net::Address> a = net::unix_address(dir / "x.ctl");
    REQUIRE(a);
    address_ = *a;
    Result<Fd> socket = net::bind_listen(*a, {.umask = 0});
    REQUIRE(socket);
    server.emplace(loop, std::move(*socket), dir / "x.ctl", commands(), options);
  }

  Far connect() const {
    Result<Fd> fd = net::dial(address_, base::Clock::now() + help::kPatience);
    REQUIRE(fd);
    return Far(std::move(*fd));
  }

  // As soon as there is room for one more; it has been answered once.
  Far connect_when_room() {
    std::optional<Far> far;
    CHECK(run_until(loop, [&] {
      if (!far || far->at_end()) {
        far.emplace(connect());
        static_cast<void>(::write(far->fd.get(), "hold\n", 5) < 0);
      }
      return far->has("ok");
    }));
    return std::move(*far);
  }

  // What is answered to these bytes and the end behind them.
  std::string answered(std::string_view request) {
    Far far = connect();
    far.send(request);
    far.half_close();
    CHECK(run_until(loop, [&] { return far.at_end(); }));
    return far.got;
  }

  help::Folder dir;
  net::Loop loop;
  std::optional<Server> server;
  struct Taken {
    Fd fd;
    std::string unsent, rest;
  };
  std::optional<Taken> taken;
  std::vector<Peer::Answer> answers;  // that are owed
  int served = 0;
  bool goes_after_attach = false;  // the server, in the same turn

 private:
  std::vector<Command> commands() {
    return {
        {"double",
         [this](Peer&, wire::Object& o) -> Result<Json> {
           served++;
           const int64_t n = o.need_int("n", 0, 100);
           if (auto done = o.end(); !done) return done.error();
           return Json{{"twice", 2 * n}};
         }},
        {"fill",
         [this](Peer&, wire::Object&) -> Result<Json> {
           served++;
           return Json{{"text", std::string(1000, 'x')}};
         }},
        {"fail",
         [](Peer&, wire::Object&) -> Result<Json> {
           return base::error(base::Errc::busy, "somebody has it");
         }},
        {"later",
         [this](Peer& p, wire::Object& o) -> Result<Json> {
           const int64_t n = o.need_int("n", 0, 100);
           if (auto done = o.end(); !done) return done.error();
           answers.push_back(p.later());
           if (n == 0) return base::error(base::Errc::busy, "not even later");
           return Json();
         }},
        {"attach",
         [this](Peer& p, wire::Object& o) -> Result<Json> {
           if (auto done = o.end(); !done) return done.error();
           if (goes_after_attach) loop.defer([this] { server.reset(); });
           p.hand_over([this](Fd fd, std::string unsent, std::string rest) {
             taken = Taken{std::move(fd), std::move(unsent), std::move(rest)};
           });
           return Json{{"viewer", 1}};
         }},
    };
  }
  net::Address address_;
};

// The same lines with the keys of each object sorted.
std::string sorted(std::string text) {
  std::string out;
  for (size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
    out += Json::parse(text.substr(0, end)).dump() + "\n";
  }
  return out + text;
}

size_t lines_in(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("requests are answered one line each, in order, with their refs") {
  struct Row {
    const char* request;
    const char* answer;
  };
  Fixture f;
  for (const Row& row : std::vector<Row>{
           {"{\"cmd\":\"double\",\"n\":21}\n", "{\"ok\":true,\"twice\":42}\n"},
           {"{\"cmd\":\"double\",\"n\":1,\"ref\":\"a\"}",
            "{\"ok\":true,\"ref\":\"a\",\"twice\":2}\n"},
           {"{\"cmd\":\"double\",\"n\":1,\"ref\":[null,1]}",
            "{\"ok\":true,\"ref\":[null,1],\"twice\":2}\n"},
           {"{\"cmd\":\"double\",\"n\":1,\"ref\":null}",
            "{\"ok\":true,\"ref\":null,\"twice\":2}\n"},
           {"[{\"cmd\":\"double\",\"n\":1},{\"cmd\":\"double\",\"n\":2}]",
            "{\"ok\":true,\"twice\":2}\n{\"ok\":true,\"twice\":4}\n"},
           {"{\"cmd\":\"double\",\n \"n\":1}{\"cmd\":\"double\",\"n\":3}",
            "{\"ok\":true,\"twice\":2}\n{\"ok\":true,\"twice\":6}\n"},
           {"hold\n", "{\"ok\":true}\n"},
           {"help\n",
            "{\"commands\":[\"double\",\"fill\",\"fail\",\"later\",\"attach\",\"hold\",\"events\","
            "\"version\"],"
            "\"ok\":true}\n"},
           {"", ""},
           {"\n \n", ""},
       }) {
    const std::string answer = f.answered(row.request);
    CHECK(sorted(answer) == row.answer);
  }
  CHECK(f.answered("version").find("\"version\":") != std::string::npos);
}

TEST_CASE("an error says what, why and where, and costs nothing but itself") {
  struct Row {
    const char* request;
    const char* answer;
  };
  Fixture f;
  for (const Row& row : std::vector<Row>{
           {"fail\n",
            "{\"error\":{\"code\":\"busy\",\"column\":1,\"line\":1,\"message\":\"somebody has "
            "it\"}}\n"},
           {"{\"cmd\":\"fail\",\"ref\":7}",
            "{\"error\":{\"code\":\"busy\",\"column\":1,\"line\":1,\"message\":\"somebody has "
            "it\"},\"ref\":7}\n"},
           {"\n nonsense\n",
            "{\"error\":{\"code\":\"not_found\",\"column\":2,\"line\":2,\"message\":\"no such "
            "command: \\\"nonsense\\\": \\\"help\\\" lists them\"}}\n"},
           {"{\"cmd\":\"double\",\n\"n\":\"x\"}",
            "{\"error\":{\"code\":\"bad_input\",\"column\":5,\"line\":2,\"message\":\"double: "
            "\\\"n\\\": expected an integer from 0 to 100, got a string\"}}\n"},
           {"[1,{\"cmd\":\"double\",\"n\":1}]",
            "{\"error\":{\"code\":\"bad_input\",\"column\":2,\"line\":1,\"message\":\"expected an "
            "object or a word, got a number\"}}\n{\"ok\":true,\"twice\":2}\n"},
           {"{\"cmd\":}\n{\"cmd\":\"double\",\"n\":1}\n",
            "{\"error\":{\"code\":\"bad_input\",\"column\":8,\"line\":1,\"message\":\"expected a "
            "value, got '}'\"}}\n{\"ok\":true,\"twice\":2}\n"},
       }) {
    const std::string answer = f.answered(row.request);
    CHECK(sorted(answer) == row.answer);
  }
  for (const char* request : {"{}", "{\"cmd\":1}", "{\"cmd\":\"\"}", "{\"cmd\":\"hold\",\"x\":1}",
                              "{\"cmd\":\"double\"}", "{\"cmd\":\"double\",\"n\":1,\"n\":2}",
                              "{\"cmd\":\"double\"", "{\"cmd\":\"double\",\"n\":101}"}) {
    const std::string answer = f.answered(request);
    INFO(answer);
    CHECK(answer.find("{\"error\":{\"code\":\"bad_input\"") == 0);
    CHECK(lines_in(answer) == 1);
  }
  CHECK(f.served > 0);
}

TEST_CASE("an oddity is a warning beside the answer") {
  Fixture f;
  const Json answer = Json::parse(f.answered("{\"cmd\":\"double\",\"n\":1,}"));
  CHECK(answer["twice"] == 2);
  REQUIRE(answer["warnings"].size() == 1);
  CHECK(answer["warnings"][0]["line"] == 1);
  CHECK(answer["warnings"][0]["column"] == 22);
}

TEST_CASE("a request in pieces is one request") {
  Fixture f;
  Far far = f.connect();
  const std::string_view request = "{\"cmd\":\"double\",\"n\":8}\n";
  for (size_t i = 0; i < request.size(); i++) {
    far.send(request.substr(i, 1));
    if (i % 5 == 0) help::run_for(f.loop, milliseconds(1));
  }
  CHECK(run_until(f.loop, [&] { return far.has("{\"ok\":true,\"twice\":16}\n"); }));
  far.send("double\n");
  CHECK(run_until(f.loop, [&] { return far.has("is missing") || lines_in(far.got) == 2; }));
}

TEST_CASE("who closes without reading is still served") {
  Fixture f;
  {
    Far far = f.connect();
    far.send("{\"cmd\":\"double\",\"n\":1}\n{\"cmd\":\"double\",\"n\":2}\n");
  }
  CHECK(run_until(f.loop, [&] { return f.served == 2; }));
}

TEST_CASE("a subscriber gets events with their time, in order, and goes when it closes") {
  Fixture f;
  f.server->publish("nobody", Json::object());
  Far far = f.connect(), other = f.connect();
  far.send("events\n");
  other.send("hold\n");
  CHECK(run_until(f.loop, [&] { return far.has("\n") && other.has("\n"); }));
  CHECK(f.server->subscribers() == 1);
  far.got.clear();
  f.server->publish("up", {{"console", "a"}});
  f.server->publish("down", {{"console", "a"}});
  CHECK(run_until(f.loop, [&] { return far.has("down"); }));
  const size_t end = far.got.find('\n');
  const Json first = Json::parse(far.got.substr(0, end));
  CHECK(first["event"] == "up");
  CHECK(first["console"] == "a");
  CHECK(first["time"].get<double>() > 1.7e9);
  CHECK(Json::parse(far.got.substr(end + 1))["event"] == "down");
  CHECK_FALSE(other.has("up"));
  far.fd.reset();
  CHECK(run_until(f.loop, [&] { return f.server->subscribers() == 0; }));
}

TEST_CASE("a subscriber that does not keep up is told how many events it missed") {
  constexpr int kEvents = 5000;
  Fixture f;
  Far far = f.connect();
  far.send("events\n");
  CHECK(run_until(f.loop, [&] { return far.has("\n"); }));
  far.got.clear();
  const std::string filler(200, 'x');
  for (int i = 0; i < kEvents; i++) f.server->publish("tick", {{"n", i}, {"filler", filler}});
  // Once it has read everything it is told before the next.
  CHECK(run_until(f.loop, [&] {
    const size_t before = far.got.size();
    far.read();
    if (far.got.size() == before) f.server->publish("late", Json::object());
    return far.got.find("late") != std::string::npos;
  }));
  CHECK(run_until(f.loop, [&] { return !far.has("\n") || far.got.back() == '\n'; }));
  int got = 0, lost = 0, expected = 0;
  for (size_t end = 0; (end = far.got.find('\n')) != std::string::npos; far.got.erase(0, end + 1)) {
    const Json e = Json::parse(far.got.substr(0, end));
    if (e["event"] == "tick") {
      CHECK(e["n"] == expected);
      expected++;
      got++;
    } else if (e["event"] == "lost" && lost == 0) {
      lost = e["count"].get<int>();
      expected += lost;
    }
  }
  CHECK(lost > 0);
  CHECK(got > 0);
  CHECK(got + lost >= kEvents);  // a "late" may be among the lost
  CHECK(got + lost < kEvents + 100);
}

TEST_CASE("a connection is handed over with its answer and what came behind the request") {
  struct Row {
    const char* sent;
    const char* rest;
  };
  for (const Row& row :
       std::vector<Row>{{"{\"cmd\":\"attach\"}\n", ""},
                        {"{\"cmd\":\"attach\"}\nls\n", "ls\n"},
                        {"{\"cmd\":\"attach\"}\n{\"cmd\":\"double\"}\n", "{\"cmd\":\"double\"}\n"},
                        {"attach\n\x03\n", "\x03\n"},
                        {"{\"cmd\":\"double\",\"n\":1}\nattach\nkeys", "keys"}}) {
    Fixture f;
    Far far = f.connect();
    far.send(row.sent);
    CHECK(run_until(f.loop, [&] { return f.taken.has_value(); }));
    REQUIRE(f.taken);
    CHECK(f.taken->rest == row.rest);
    CHECK(f.taken->unsent.ends_with("{\"ok\":true,\"viewer\":1}\n"));
    CHECK(f.taken->fd);
    far.send("later");
    help::run_for(f.loop, milliseconds(2));
    std::string buf(100, '\0');
    CHECK(::read(f.taken->fd.get(), buf.data(), buf.size()) == 5);
    CHECK_FALSE(far.at_end());
  }
}

TEST_CASE("a refused hand-over leaves the connection as it was") {
  Fixture f;
  CHECK(f.answered("{\"cmd\":\"attach\",\"x\":1}\n{\"cmd\":\"double\",\"n\":1}\n")
            .ends_with("{\"ok\":true,\"twice\":2}\n"));
  CHECK_FALSE(f.taken);
}

TEST_CASE("an answer that is given later keeps its place, and other peers do not wait for it") {
  Fixture f;
  Far far = f.connect(), other = f.connect();
  far.send("{\"cmd\":\"double\",\"n\":1}\n{\"cmd\":\"later\",\"n\":1,\"ref\":\"a\",}\n");
  far.send("{\"cmd\":\"double\",\"n\":2}\n{\"cmd\":\"later\",\"n\":2,\"ref\":\"b\"}\nfail\n");
  CHECK(run_until(f.loop, [&] { return f.answers.size() == 1 && far.has("\n"); }));
  far.send("{\"cmd\":\"double\",\"n\":3}\n");
  other.send("{\"cmd\":\"double\",\"n\":4}\n");
  CHECK(run_until(f.loop, [&] { return other.has("\"twice\":8"); }));
  help::run_for(f.loop, milliseconds(5));
  CHECK(far.got == "{\"ok\":true,\"twice\":2}\n");
  CHECK(f.served == 2);
  f.answers[0](Json{{"done", true}});
  CHECK(run_until(f.loop, [&] { return f.answers.size() == 2 && far.has("\"twice\":4"); }));
  f.answers[1](base::error(base::Errc::io, "the disk is full"));
  CHECK(run_until(f.loop, [&] { return far.has("\"twice\":6}\n"); }));
  std::vector<Json> lines;
  for (size_t end = 0; (end = far.got.find('\n')) != std::string::npos; far.got.erase(0, end + 1)) {
    lines.push_back(Json::parse(far.got.substr(0, end)));
  }
  REQUIRE(lines.size() == 6);
  CHECK(lines[1]["done"] == true);
  CHECK(lines[1]["ref"] == "a");
  CHECK(lines[1]["warnings"].size() == 1);
  CHECK(lines[2]["twice"] == 4);
  CHECK(lines[3]["error"]["code"] == "io");
  CHECK(lines[3]["error"]["message"] == "the disk is full");
  CHECK(lines[3]["error"]["line"] == 4);
  CHECK(lines[3]["ref"] == "b");
  CHECK(lines[4]["error"]["message"] == "somebody has it");
}

TEST_CASE("an answer that was to be given later may be an error at once") {
  Fixture f;
  CHECK(f.answered("{\"cmd\":\"later\",\"n\":0}\n{\"cmd\":\"double\",\"n\":1}\n")
            .ends_with("\"message\":\"not even later\"}}\n{\"ok\":true,\"twice\":2}\n"));
}

TEST_CASE("who half-closes waits for an answer that is given later, and for what is behind it") {
  Fixture f;
  Far far = f.connect();
  far.send("{\"cmd\":\"later\",\"n\":1}\n{\"cmd\":\"double\",\"n\":1}");
  far.half_close();
  CHECK(run_until(f.loop, [&] { return f.answers.size() == 1; }));
  help::run_for(f.loop, milliseconds(5));
  CHECK_FALSE(far.at_end());
  f.answers[0](Json::object());
  CHECK(run_until(f.loop, [&] { return far.at_end(); }));
  CHECK(far.got == "{\"ok\":true}\n{\"ok\":true,\"twice\":2}\n");
}

TEST_CASE("a peer that goes before its answer costs nothing, and what it asked behind is served") {
  Fixture f({.any_uid = false, .per_uid = 1});
  std::optional<Far> gone = f.connect();
  gone->send("{\"cmd\":\"later\",\"n\":1}\n");
  CHECK(run_until(f.loop, [&] { return f.answers.size() == 1; }));
  gone.reset();
  // Its place is free although the answer is still owed.
  std::optional<Far> next = f.connect_when_room();
  f.answers[0](Json::object());
  next->send("{\"cmd\":\"later\",\"n\":2}\n{\"cmd\":\"double\",\"n\":1}\n");
  CHECK(run_until(f.loop, [&] { return f.answers.size() == 2; }));
  next.reset();
  help::run_for(f.loop, milliseconds(5));
  CHECK(f.served == 0);
  f.answers[1](Json::object());
  CHECK(run_until(f.loop, [&] { return f.served == 1; }));
  f.server.reset();
}

TEST_CASE("a peer whose answer is owed is not read from for ever, and what it sent is kept") {
  Fixture f;
  Far far = f.connect();
  far.send("{\"cmd\":\"later\",\"n\":1}\n");
  CHECK(run_until(f.loop, [&] { return f.answers.size() == 1; }));
  std::string requests;
  for (int i = 0; i < 40'000; i++) requests += "{\"cmd\":\"double\",\"n\":1}\n";
  size_t sent = 0;
  const auto send_some = [&] {
    const ssize_t n = ::write(far.fd.get(), requests.data() + sent, requests.size() - sent);
    if (n > 0) sent += static_cast<size_t>(n);
    return n;
  };
  while (sent < requests.size() && send_some() > 0) help::run_for(f.loop, milliseconds(2));
  CHECK(sent < requests.size());  // of 1 MB
  f.answers[0](Json::object());
  CHECK(run_until(f.loop, [&] {
    if (sent < requests.size()) send_some();
    far.read();
    return lines_in(far.got) == 40'001;
  }));
}

TEST_CASE("a peer that does not read its answers is not read from") {
  Fixture f;
  Far far = f.connect();
  // These would be 8 MB of answers; a socket takes two hundred thousand bytes.
  std::string requests;
  for (int i = 0; i < 8000; i++) requests += "fill\n";
  size_t sent = 0;
  const auto send_some = [&] {
    const ssize_t n = ::write(far.fd.get(), requests.data() + sent, requests.size() - sent);
    if (n > 0) sent += static_cast<size_t>(n);
    return n;
  };
  while (sent < requests.size() && send_some() > 0) help::run_for(f.loop, milliseconds(2));
  help::run_for(f.loop, milliseconds(5));
  // What fits in the socket, and high water: not all that was read.
  CHECK(f.served < 2000);
  CHECK(f.served > 100);
  net::Watch reading(f.loop, far.fd.get(), [&](unsigned) { far.read(); });
  reading.want(net::Watch::kRead);
  CHECK(run_until(f.loop, [&] {
    if (sent < requests.size()) send_some();
    if (sent == requests.size()) far.half_close();
    if (far.ended) reading.want(net::Watch::kNothing);
    return far.ended;
  }));
  CHECK(f.served == 8000);
  CHECK(lines_in(far.got) == 8000);
}

TEST_CASE("who does not read has no more served of what was read already") {
  Fixture f;
  Far far = f.connect();
  std::string requests;
  for (int i = 0; i < 4000; i++) requests += "fill\n";
  far.send(requests);
  far.half_close();
  CHECK(run_until(f.loop, [&] { return f.served > 100; }));
  help::run_for(f.loop, milliseconds(5));
  // What fits in the socket, and high water; one read of 4 KiB is eight hundred requests.
  CHECK(f.served < 700);
  CHECK(run_until(f.loop, [&] { return far.at_end(); }));
  CHECK(f.served == 4000);
  CHECK(lines_in(far.got) == 4000);
}

TEST_CASE("connections of one user are limited, and one that goes makes room") {
  Fixture f({.any_uid = false, .per_uid = 3});
  std::vector<Far> all;
  for (int i = 0; i < 3; i++) {
    all.push_back(f.connect());
    all.back().send("hold\n");
  }
  CHECK(
      run_until(f.loop, [&] { return all[0].has("ok") && all[1].has("ok") && all[2].has("ok"); }));
  Far refused = f.connect();
  CHECK(run_until(f.loop, [&] { return refused.at_end(); }));
  CHECK(refused.got ==
        "{\"error\":{\"code\":\"busy\",\"message\":\"3 connections of this user are open\"}}\n");
  all.pop_back();
  static_cast<void>(f.connect_when_room());
}

TEST_CASE("a stranger is refused, unless the socket's mode decides") {
  if (::geteuid() != 0) return;
  for (const bool any : {false, true}) {
    Fixture f({.any_uid = any});
    ::chmod(f.dir.path().c_str(), 0755);
    base::log::set_sink([](base::log::Level, std::string_view) {});
    Result<base::Pipe> pipe = base::make_pipe();
    REQUIRE(pipe);
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (::setuid(65534) != 0) ::_exit(1);
      Far far = f.connect();
      static_cast<void>(static_cast<bool>(base::write_all(far.fd.get(), "hold\n")));
      far.half_close();
      base::set_nonblocking(far.fd.get(), false);
      while (!far.at_end()) {
      }
      ::_exit(base::write_all(pipe->write.get(), "got: " + far.got) ? 0 : 1);
    }
    pipe->write.reset();
    Far far(std::move(pipe->read));
    CHECK(run_until(f.loop, [&] { return far.at_end(); }));
    ::waitpid(pid, nullptr, 0);
    base::log::set_sink(nullptr);
    CHECK(far.got == (any ? "got: {\"ok\":true}\n" : "got: "));
  }
}

TEST_CASE("a closed server takes no more, and serves those it has") {
  Fixture f;
  Far far = f.connect();
  far.send("hold\n");
  CHECK(run_until(f.loop, [&] { return far.has("ok"); }));
  f.server->close();
  CHECK_FALSE(help::exists(f.dir / "x.ctl"));
  far.send("{\"cmd\":\"double\",\"n\":4}\n");
  CHECK(run_until(f.loop, [&] { return far.has("\"twice\":8"); }));
}

TEST_CASE("a server may go in the turn in which one of its peers went") {
  Fixture f;
  f.goes_after_attach = true;
  Far far = f.connect();
  far.send("attach\n");
  CHECK(run_until(f.loop, [&] { return f.taken && !f.server; }));
  help::run_for(f.loop, milliseconds(2));
  CHECK(f.taken->fd);
}

TEST_CASE("the kernel says who is at the other end") {
  const help::Ends ends = help::socket_pair();
  const peer::Who me = peer::who_of(ends.near.get());
  CHECK(me.known);
  CHECK(me.uid == ::geteuid());
  CHECK(me.pid == ::getpid());
  CHECK(text(me) == base::cat("uid ", ::geteuid(), ", pid ", ::getpid()));
  CHECK(is_ours(me));
  Result<base::Pipe> pipe = base::make_pipe();
  const peer::Who nobody = peer::who_of(pipe->read.get());
  CHECK_FALSE(nobody.known);
  CHECK(text(nobody) == "unknown");
  CHECK_FALSE(is_ours(nobody));
  CHECK_FALSE(peer::is_ours({true, 12345678, 0, 1}));
}

TEST_CASE("the control socket's name follows from the data socket's") {
  CHECK(peer::control_name("/run/x.sock") == "/run/x.ctl");
  CHECK(peer::control_name("/run/x") == "/run/x.ctl");
  CHECK(peer::control_name("@x") == "@x.ctl");
  CHECK(peer::control_name("@x.sock") == "@x.sock.ctl");
  CHECK(peer::control_name("x.sock.sock") == "x.sock.ctl");
}

TEST_CASE("every code has its word in answers") {
  using base::Errc;
  const std::vector<std::pair<Errc, std::string_view>> all = {
      {Errc::usage, "usage"},   {Errc::bad_input, "bad_input"}, {Errc::not_found, "not_found"},
      {Errc::denied, "denied"}, {Errc::busy, "busy"},           {Errc::timeout, "timeout"},
      {Errc::closed, "closed"}, {Errc::too_big, "too_big"},     {Errc::io, "io"}};
  for (const auto& [code, name] : all) CHECK(peer::code_name(code) == name);
}
