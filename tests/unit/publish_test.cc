#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/publish_help.h"
#include "tests/unit/redis_help.h"
#include "tools/consoled/receiver_file.h"
#include "tools/consoled/receiver_redis.h"
#include "tools/consoled/receiver_tcp.h"
#include "tools/consoled/receiver_udp.h"
#include "tools/consoled/receiver_unix.h"

using consoled::LinkTarget;
using consoled::Publisher;
using consoled::PublisherSettings;
using consoled::Receiver;
using journal::Kind;
using net::DiskJobs;
using net::Loop;
using std::chrono::milliseconds;
using namespace publish_help;
using help::run_until;

namespace {
using Strings = std::vector<std::string>;

PublisherSettings settings(const journal_help::Folder& dir, bool places = true) {
  PublisherSettings s;
  s.name = "test";
  s.journals = dir / "";
  if (places) s.places = dir / "";
  s.form.date = false;
  s.gather = milliseconds(5);
  return s;
}

Publisher::MakeReceiver tcp(Loop& loop, uint16_t port) {
  return [&loop, port](std::function<void()> ready) {
    LinkTarget target;
    target.host = "127.0.0.1";
    target.port = port;
    return std::make_unique<consoled::TcpReceiver>(loop, "test", target, std::move(ready));
  };
}

Publisher::MakeReceiver to_unix(Loop& loop, const std::string& path) {
  return [&loop, path](std::function<void()> ready) {
    LinkTarget target;
    target.path = path;
    return std::make_unique<consoled::UnixReceiver>(loop, "test", target, std::move(ready));
  };
}

Publisher::MakeReceiver to_redis(Loop& loop, const help::RedisServer& server) {
  return [&loop, &server](std::function<void()> ready) {
    const redis::Target t = server.target();
    return std::make_unique<consoled::RedisReceiver>(
        loop, "test",
        consoled::RedisTarget{redis::connector(t), redis::login_of(t), "test", 100000},
        std::move(ready));
  };
}

Publisher::MakeReceiver to_us(Loop& loop, Strings& out) {
  return
      [&loop, &out](const std::function<void()>&) { return std::make_unique<Taking>(loop, out); };
}

Publisher::MakeReceiver to_folder(Loop& loop, DiskJobs& jobs, const std::string& folder) {
  return [&loop, &jobs, folder](std::function<void()> ready) {
    return std::make_unique<consoled::FileReceiver>(loop, jobs, "test", folder, std::move(ready));
  };
}

std::string key_of(const std::string& line) {
  const size_t at = line.find("\"key\":\"");
  if (at == std::string::npos) return "";
  return line.substr(at + 7, line.find('"', at + 7) - at - 7);
}

Strings list_of(const help::RedisServer& server) {
  Strings out;
  const auto reply = server.try_ask({"LRANGE", "lineman:{log.test}", "0", "-1"});
  REQUIRE(reply);
  for (const redis::Reply& item : reply->items) out.push_back(item.text);
  return messages(out);
}

// "": they are the same; else where they part.
std::string difference(const Strings& got, const Strings& wanted) {
  const auto [a, b] = std::mismatch(got.begin(), got.end(), wanted.begin(), wanted.end());
  if (a == got.end() && b == wanted.end()) return "";
  return base::cat(got.size(), " for ", wanted.size(), ", at ", a - got.begin(), ": ",
                   a == got.end() ? "the end" : *a, " for ", b == wanted.end() ? "the end" : *b);
}
}  // namespace

TEST_CASE("a TCP receiver that was away gets in order what it missed") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  const uint16_t port = free_port();
  Listening there(loop, base::cat("127.0.0.1:", port));
  there.open();
  Said said(dir / "", "n1");
  Publisher publisher(loop, jobs, settings(dir), tcp(loop, port));
  publisher.begins("n1", said.start());
  said.event(Kind::up);
  said.says(numbered(0, 10));
  publisher.touched("n1");
  CHECK(run_until(loop, [&] { return there.lines.size() == 11; }));
  CHECK(there.lines[0] ==
        "{\"type\":\"event\",\"message\":\"[goconserver connected]\",\"node\":\"n1\"}");
  CHECK(run_until(loop, [&] { return publisher.under_way() == 0; }));
  there.close();
  CHECK(run_until(loop, [&] { return !publisher.receiver().trouble().empty(); }));
  said.says(numbered(10, 20000));
  publisher.touched("n1");
  there.lines.clear();
  there.open();
  CHECK(run_until(loop, [&] {
    return !there.lines.empty() && message_of(there.lines.back()) == "line 19999";
  }));
  CHECK(messages(there.lines) == numbered_messages(10, 20000));
  CHECK(run_until(loop, [&] { return publisher.records() == 20001; }));
}

TEST_CASE("what a TCP receiver's kernel has not acknowledged is said again") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  const uint16_t port = free_port();
  const std::string address = base::cat("127.0.0.1:", port);
  // It accepts, and never reads.
  const auto where = net::tcp_address(address);
  REQUIRE(where);
  base::Result<base::Fd> deaf = net::bind_listen(*where, {});
  REQUIRE(deaf);
  Said said(dir / "", "n1");
  Publisher publisher(loop, jobs, settings(dir), tcp(loop, port));
  publisher.begins("n1", said.start());
  const int n = 400000;
  said.says(numbered(0, n));
  publisher.touched("n1");
  CHECK(run_until(loop, [&] { return publisher.under_way() > 0 && publisher.records() > 0; }));
  help::run_for(loop, milliseconds(300));
  CHECK(publisher.records() < n);
  const uint64_t there_already = publisher.records();
  deaf->reset();
  Listening there(loop, address);
  there.open();
  CHECK(run_until(loop, [&] {
    return !there.lines.empty() && message_of(there.lines.back()) == base::cat("line ", n - 1);
  }));
  const Strings got = messages(there.lines);
  REQUIRE(got.size() >= static_cast<size_t>(n) - there_already);
  // It may repeat, and leaves nothing out.
  const auto number = [](const std::string& line) {
    return std::stoi(line.substr(line.rfind(' ')));
  };
  for (size_t i = 1; i < got.size(); i++) REQUIRE(number(got[i]) <= number(got[i - 1]) + 1);
}

TEST_CASE("a publisher that starts again goes on at its place, or at the console's start") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  const uint16_t port = free_port();
  Listening there(loop, base::cat("127.0.0.1:", port));
  there.open();
  Said said(dir / "", "n1");
  said.says("from before\n");
  const consoled::Mark now = {said.start().epoch, 12, 0};
  {
    Publisher publisher(loop, jobs, settings(dir), tcp(loop, port));
    publisher.begins("n1", now);
    said.says("one\ntw");
    publisher.touched("n1");
    CHECK(run_until(loop, [&] { return there.lines.size() == 1; }));
    const std::string begun = consoled::mark_text(now) + "\n";
    CHECK(run_until(loop, [&] { return help::text(dir / "n1.at") > begun; }));
  }
  said.says("o\nthree\n");
  Publisher publisher(loop, jobs, settings(dir), tcp(loop, port));
  publisher.begins("n1", {said.start().epoch, 10000, 0});
  CHECK(run_until(loop, [&] { return there.lines.size() == 3; }));
  CHECK(messages(there.lines) == Strings{"one", "two", "three"});
}

TEST_CASE("a receiver that never was there before a restart gets what was said before it") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  const uint16_t port = free_port();
  Said said(dir / "", "n1");
  {
    Publisher publisher(loop, jobs, settings(dir), tcp(loop, port));
    publisher.begins("n1", said.start());
    said.says("one\ntwo\n");
    CHECK(run_until(loop, [&] { return exists(dir / "n1.at"); }));
  }
  Listening there(loop, base::cat("127.0.0.1:", port));
  there.open();
  Publisher publisher(loop, jobs, settings(dir), tcp(loop, port));
  publisher.begins("n1", {said.start().epoch, 8, 0});
  CHECK(run_until(loop, [&] { return there.lines.size() == 2; }));
  CHECK(messages(there.lines) == Strings{"one", "two"});
}

TEST_CASE("a unix receiver gets each record once by its key, through crashes of both") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  std::map<std::string, std::string> stored;
  Strings order;
  int answers = 0;
  bool full = false, silent = false, hurried = false;
  Listening there(loop, dir / "s", [&](const std::string& line) -> std::string {
    const std::string key = key_of(line);
    if (key.empty()) return "{\"ok\":true}\n";
    if (hurried) return "{\"error\":{\"code\":\"busy\",\"message\":\"about no record\"}}\n";
    if (full)
      return base::cat(R"({"error":{"code":"no_space","message":"full","key":")", key, "\"}}\n");
    if (stored.emplace(key, line).second) order.push_back(message_of(line));
    if (silent) return "";
    answers++;
    return base::cat(R"({"ok":true,"stored":")", key, "\"}\n");
  });
  there.open();
  Said said(dir / "", "n1");
  auto s = settings(dir);
  s.form.source = "log.test";
  auto publisher = std::make_unique<Publisher>(loop, jobs, s, to_unix(loop, dir / "s"));
  const auto all_until = [&](int n) {
    return run_until(loop, [&] { return order.size() >= static_cast<size_t>(n); });
  };
  publisher->begins("n1", said.start());
  said.says(numbered(0, 100));
  publisher->touched("n1");
  CHECK(all_until(100));
  // Stored, but the answer never came.
  silent = true;
  said.says(numbered(100, 3000));
  publisher->touched("n1");
  CHECK(all_until(200));
  there.close();
  silent = false;
  there.open();
  CHECK(all_until(3000));
  // A full disk.
  full = true;
  said.says(numbered(3000, 3100));
  publisher->touched("n1");
  CHECK(run_until(loop, [&] { return publisher->receiver().trouble() == "no_space: full"; }));
  full = false;
  CHECK(all_until(3100));
  hurried = true;
  said.says(numbered(3100, 3150));
  publisher->touched("n1");
  CHECK(
      run_until(loop, [&] { return publisher->receiver().trouble() == "busy: about no record"; }));
  hurried = false;
  CHECK(all_until(3150));
  // The publisher's own crash.
  publisher.reset();
  said.says(numbered(3150, 3200));
  publisher = std::make_unique<Publisher>(loop, jobs, s, to_unix(loop, dir / "s"));
  publisher->begins("n1", {said.start().epoch, 1 << 30, 0});
  CHECK(all_until(3200));
  CHECK(order == numbered_messages(0, 3200));
  const std::string floor =
      *std::find_if(there.lines.begin(), there.lines.end(),
                    [](const std::string& l) { return l.find("floor") != std::string::npos; });
  CHECK(floor.find("\"source\":\"log.test.n1.") != std::string::npos);
}

TEST_CASE("a record that a unix receiver refuses for good does not hold the others up") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  Strings order;
  Listening there(loop, dir / "s", [&](const std::string& line) -> std::string {
    const std::string key = key_of(line);
    if (key.empty()) return "";
    if (message_of(line) == "bad") {
      return base::cat(R"({"error":{"code":"bad_input","message":"no","key":")", key, "\"}}\n");
    }
    order.push_back(message_of(line));
    return base::cat("not JSON\n{\"ok\":true,\"stored\":\"", key, "\"}\n");
  });
  there.open();
  Said said(dir / "", "n1");
  auto s = settings(dir);
  s.form.source = "log.test";
  Publisher publisher(loop, jobs, s, to_unix(loop, dir / "s"));
  publisher.begins("n1", said.start());
  said.says("good\nbad\nbetter\n");
  publisher.touched("n1");
  CHECK(run_until(loop, [&] { return publisher.records() == 3; }));
  CHECK(order == Strings{"good", "better"});
}

TEST_CASE("a list in Redis gets each record exactly once, through kill -9 of it and of us") {
  const journal_help::Folder dir;
  help::RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
  Loop loop;
  DiskJobs jobs(loop);
  Said said(dir / "", "n1");
  auto publisher =
      std::make_unique<Publisher>(loop, jobs, settings(dir, false), to_redis(loop, server));
  publisher->begins("n1", said.start());
  int n = 0;
  for (int round = 0; round < 6; round++) {
    said.says(numbered(n, n + 700));
    n += 700;
    publisher->touched("n1");
    if (round % 2 == 0) {
      help::run_for(loop, milliseconds(3 * round));  // a random moment of its work
      server.kill();
      server.start();
    } else {
      help::run_for(loop, milliseconds(2 * round));
      publisher.reset();
      publisher =
          std::make_unique<Publisher>(loop, jobs, settings(dir, false), to_redis(loop, server));
      publisher->begins("n1", said.start());
    }
  }
  CHECK(run_until(loop, [&] {
    return server.ask({"HGET", "lineman:{log.test}:at", "n1"})
               .find(base::cat(':', numbered(0, n).size(), ':')) != std::string::npos;
  }));
  CHECK(difference(list_of(server), numbered_messages(0, n)) == "");
}

TEST_CASE("a list in Redis is bounded, and goes on after the Redis was emptied") {
  const journal_help::Folder dir;
  help::RedisServer server;
  Loop loop;
  DiskJobs jobs(loop);
  Said said(dir / "", "n1");
  const auto make = [&](std::function<void()> ready) {
    const redis::Target t = server.target();
    return std::make_unique<consoled::RedisReceiver>(
        loop, "test", consoled::RedisTarget{redis::connector(t), redis::login_of(t), "test", 50},
        std::move(ready));
  };
  Publisher publisher(loop, jobs, settings(dir, false), make);
  publisher.begins("n1", said.start());
  said.says(numbered(0, 2000));
  publisher.touched("n1");
  CHECK(run_until(loop, [&] { return publisher.records() == 2000; }));
  CHECK(list_of(server) == numbered_messages(1950, 2000));
  server.ask({"FLUSHALL"});
  said.says(numbered(2000, 2010));
  publisher.touched("n1");
  CHECK(run_until(loop, [&] { return publisher.records() == 2010; }));
  CHECK(list_of(server) == numbered_messages(2000, 2010));
}

TEST_CASE("UDP sends what comes while there is nobody, and is heard by who comes later") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  base::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&a), sizeof a) == 0);
  socklen_t size = sizeof a;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&a), &size);
  Said said(dir / "", "n1");
  Publisher publisher(loop, jobs, settings(dir, false), [&](std::function<void()> ready) {
    consoled::UdpTarget target;
    target.host = "127.0.0.1";
    target.port = ntohs(a.sin_port);
    return std::make_unique<consoled::UdpReceiver>(loop, "test", target, std::move(ready));
  });
  publisher.begins("n1", said.start());
  said.says("one\ntwo\n");
  publisher.touched("n1");
  std::string got;
  CHECK(run_until(loop, [&] {
    std::array<char, 65536> buf{};
    const ssize_t n = ::recv(socket.get(), buf.data(), buf.size(), MSG_DONTWAIT);
    if (n > 0) got.append(buf.data(), static_cast<size_t>(n));
    return !got.empty();
  }));
  CHECK(got ==
        "{\"type\":\"console\",\"message\":\"one\",\"node\":\"n1\"}\n"
        "{\"type\":\"console\",\"message\":\"two\",\"node\":\"n1\"}\n");
}

TEST_CASE("a log file is goconserver's, goes on after a rename, and waits for its folder") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  Said said(dir / "", "n1");
  auto s = settings(dir);
  s.as_file = true;
  s.stamps = false;
  put_file(dir / "logs", "in the way");
  Publisher publisher(loop, jobs, s, to_folder(loop, jobs, dir / "logs"));
  publisher.begins("n1", said.start());
  said.event(Kind::up);
  said.says("one\ntwo\n");
  publisher.touched("n1");
  CHECK(run_until(loop, [&] { return !publisher.receiver().trouble().empty(); }));
  REQUIRE(::unlink((dir / "logs").c_str()) == 0);
  const std::string log = dir / "logs/n1.log";
  CHECK(run_until(loop, [&] { return exists(log) && !text(log).empty(); }));
  CHECK(text(log) == "\r\n[goconserver connected]\r\none\ntwo\n");
  CHECK(mode_of(log) == 0600);
  CHECK(mode_of(dir / "logs") == 0700);
  REQUIRE(::rename(log.c_str(), (log + ".1").c_str()) == 0);
  said.says("three\n");
  publisher.touched("n1");
  CHECK(run_until(loop, [&] { return exists(log) && text(log) == "three\n"; }));
}

TEST_CASE("a console that is deleted and defined again before its turn is read once") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  Said said(dir / "", "n1");
  auto s = settings(dir);
  s.as_file = true;
  s.stamps = false;
  Publisher publisher(loop, jobs, s, to_folder(loop, jobs, dir / "logs"));
  const std::string much = numbered(0, 20000);  // several batches
  said.says(much);
  publisher.begins("n1", said.start());
  publisher.forget("n1");
  publisher.begins("n1", said.start());
  const std::string log = dir / "logs/n1.log";
  CHECK(run_until(loop, [&] { return exists(log) && text(log).size() >= much.size(); }));
  CHECK(text(log) == much);
}

TEST_CASE("a log file goes on within a line after a restart") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  Said said(dir / "", "n1");
  auto s = settings(dir);
  s.as_file = true;
  s.stamps = true;
  const auto logged = [&](const std::string& end) {
    Publisher publisher(loop, jobs, s, to_folder(loop, jobs, dir / "logs"));
    publisher.begins("n1", said.start());
    publisher.touched("n1");
    const std::string log = dir / "logs/n1.log";
    CHECK(run_until(loop, [&] { return exists(log) && text(log).ends_with(end); }));
    return text(log);
  };
  said.says("one\nlog");
  const std::string before = logged("] log");
  said.says("in:");
  CHECK(logged("login:") == before + "in:");
  said.event(Kind::down);
  said.says(" x\n");
  CHECK(logged("]  x\n").starts_with(before + "in:\r\n["));
}

TEST_CASE("a receiver that never comes costs no memory, however much the consoles say") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  std::vector<std::unique_ptr<Said>> all;
  Publisher publisher(loop, jobs, settings(dir), tcp(loop, free_port()));
  for (int i = 0; i < 40; i++) {
    all.push_back(std::make_unique<Said>(dir / "", base::cat('n', i)));
    publisher.begins(all.back()->name(), all.back()->start());
    all.back()->says(numbered(0, 100));
    publisher.touched(all.back()->name());
  }
  CHECK(run_until(loop, [&] { return !publisher.receiver().trouble().empty(); }));
  CHECK(publisher.under_way() == 0);
  CHECK(publisher.waiting() == 40);
}

TEST_CASE("a console that found no room among the batches under way is served all the same") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  PublisherSettings wanted = settings(dir);
  wanted.gather = milliseconds(100);
  Strings out;
  Publisher publisher(loop, jobs, wanted, to_us(loop, out));
  std::vector<std::unique_ptr<Said>> all;
  for (int i = 0; i < 17; i++) {
    all.push_back(std::make_unique<Said>(dir / "", base::cat("n", i)));
    all.back()->says("x\n");
  }
  const auto begins = [&](const Said& said) { publisher.begins(said.name(), said.start()); };
  for (size_t i = 0; i < 16; i++) begins(*all[i]);
  CHECK(run_until(loop, [&] { return out.size() == 16 && publisher.under_way() == 0; }));
  begins(*all[16]);  // behind the second look at the others, which brings nothing
  CHECK(run_until(loop, [&] { return out.size() == 17; }));
  all[16]->says("more\n");
  publisher.touched("n16");
  CHECK(run_until(loop, [&] { return out.size() == 18 && publisher.waiting() == 0; }));
}

TEST_CASE("what happened just before a rotation is said after a restart") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  Said said(dir / "", "n1");
  std::string text;
  while (text.size() < 100000) text += "a line of nineteen.\n";  // a whole file
  Strings out;
  {
    Publisher publisher(loop, jobs, settings(dir), to_us(loop, out));
    publisher.begins("n1", said.start());
    said.says(text);
    publisher.touched("n1");
    const std::string place = base::cat(said.start().epoch, ":100000:");
    CHECK(run_until(loop, [&] {
      return exists(dir / "n1.at") && help::text(dir / "n1.at").starts_with(place);
    }));
  }
  said.event(Kind::down);
  said.event(Kind::up);
  said.says("login:\n");
  CHECK((exists(dir / "n1.log.1") || exists(dir / "n1.log.1.zst")));
  out.clear();
  Publisher publisher(loop, jobs, settings(dir), to_us(loop, out));
  publisher.defined("n1");
  CHECK(run_until(loop, [&] { return !out.empty() && message_of(out.back()) == "login:"; }));
  CHECK(messages(out) ==
        Strings{"[goconserver disconnected]", "[goconserver connected]", "login:"});
}

TEST_CASE("a broken old file costs a receiver itself, not what comes after it") {
  const journal_help::Folder dir;
  Loop loop;
  DiskJobs jobs(loop);
  std::string old;
  while (old.size() < 100000) old += "a line of nineteen.\n";  // a whole file
  Said said(dir / "", "n1");
  said.says(old);
  said.says("today\n");
  const std::string packed = dir / "n1.log.1.zst";
  CHECK(eventually([&] {
    said.says("");
    return exists(packed) && !exists(dir / "n1.log.1");
  }));
  std::string bytes = help::text(packed);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  put_file(packed, bytes);
  Strings out;
  Publisher publisher(loop, jobs, settings(dir), to_us(loop, out));
  publisher.begins("n1", said.start());
  CHECK(run_until(loop, [&] { return !out.empty() && message_of(out.back()) == "today"; }));
  CHECK(messages(out) == Strings{"[[100000 bytes skipped]]", "today"});
}

TEST_CASE("what a TCP receiver was given before its connection is not taken for sent") {
  Loop loop;
  const uint16_t port = free_port();
  Listening there(loop, base::cat("127.0.0.1:", port));
  there.open();
  LinkTarget target;
  target.host = "127.0.0.1";
  target.port = port;
  consoled::TcpReceiver receiver(loop, "test", target, [] {});
  consoled::Batch batch;
  batch.node = "n";
  batch.records.push_back({"{\"message\":\"x\"}\n", "", {}});
  std::optional<bool> all;
  receiver.send(batch, [&](const consoled::Taken& taken) { all = taken.all; });
  CHECK(run_until(loop, [&] { return all.has_value() && receiver.ready(); }));
  CHECK(all == false);
  receiver.send(batch, [&](const consoled::Taken& taken) { all = taken.all; });
  CHECK(run_until(loop, [&] { return all == true && there.lines.size() == 1; }));
}
