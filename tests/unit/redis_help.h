// A real redis-server of the test's own, on a private unix socket, and a client's view of it.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/net/listener.h"
#include "lib/redis/client.h"
#include "lib/redis/connect.h"
#include "lib/redis/sync.h"
#include "tests/unit/help.h"

namespace help {

using Words = std::vector<std::string>;

class RedisServer {
 public:
  explicit RedisServer(Words options = {}) : options_(std::move(options)) { start(); }
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string socket() const { return folder_ / "s"; }
  const Folder& folder() const { return folder_; }
  redis::Target target() const {
    redis::Target t;
    t.path = socket();
    return t;
  }
  // As a user who may do everything. Text of the answer, the number, or the items' texts.
  std::string ask(const std::vector<std::string_view>& argv) const {
    return text_of(try_ask(argv));
  }
  base::Result<redis::Reply> try_ask(const std::vector<std::string_view>& argv) const {
    return redis::ask(target(), argv, base::Clock::now() + kPatience);
  }
  static std::string text_of(const base::Result<redis::Reply>& r) {
    if (!r) return "!" + r.error().what;
    if (r->kind == redis::Reply::Kind::integer) return std::to_string(r->integer);
    std::string out = r->text;
    for (const redis::Reply& item : r->items) out += item.text + " ";
    return out;
  }

  pid_t pid() const { return pid_; }
  // For the next start.
  void add_options(const Words& more) { options_.insert(options_.end(), more.begin(), more.end()); }
  // After a crash with the check that lineman-redis(7) asks for.
  void start() {
    const std::string manifest = folder_ / "appendonlydir/appendonly.aof.manifest";
    if (::access(manifest.c_str(), F_OK) == 0) {
      const std::string check =
          base::cat("echo y | redis-check-aof --fix ", manifest, " >", folder_ / "check", " 2>&1");
      REQUIRE(std::system(check.c_str()) == 0);
    }
    Words argv = {"redis-server", "--port", "0", "--unixsocket", socket(),       "--dir",
                  folder_.path(), "--save", "",  "--logfile",    folder_ / "log"};
    argv.insert(argv.end(), options_.begin(), options_.end());
    std::vector<char*> pointers;
    for (std::string& word : argv) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execvp(pointers[0], pointers.data());
      ::_exit(127);
    }
    const auto address = net::unix_address(socket());
    REQUIRE(address);
    const base::Time deadline = base::Clock::now() + kPatience;
    const auto up = [&] {
      const base::Result<bool> answers = net::answers(*address);
      return answers && *answers;
    };
    while (!up() && base::Clock::now() < deadline) ::usleep(2000);
    REQUIRE(up());
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  Folder folder_;
  Words options_;
  pid_t pid_ = -1;
};

// A client, and what it was told.
struct Told {
  int ready = 0, lost = 0, low_water = 0;
  std::string why;
  base::Errc code{};

  redis::Client::Events events() {
    return {[this] { ready++; },
            [this](const base::Error& e) {
              lost++;
              why = e.what;
              code = e.code;
            },
            [this] { low_water++; }};
  }
};

}  // namespace help
