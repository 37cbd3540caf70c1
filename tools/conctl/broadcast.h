// Broadcast: several consoles at once: what is typed goes to all of them, and what they say is
// shown in whole lines, each with its console's name in front.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/pty/named_lines.h"
#include "lib/pty/output.h"
#include "tools/conctl/keys.h"
#include "tools/conctl/line.h"
#include "tools/conctl/options.h"
#include "tools/conctl/server.h"

namespace conctl {

class Broadcast {
 public:
  // `control`: the control socket; "": goconserver's console port.
  Broadcast(net::Loop& loop, const Options& options, Server& server, std::string control,
            bool readonly, Keys keys);
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  // Until the user leaves, stdin ends (after what is still said), or the last console is gone; the
  // status for exit(3).
  int run(const std::vector<std::string>& consoles);

 private:
  struct One {
    std::string name;
    pty::NamedLines lines;
    std::unique_ptr<Line> line;
    bool over = false;
    size_t untaken = 0;  // at the last look
    int idle_looks = 0;  // one after another, since it took something
  };
  void signalled(int number);
  void join(const std::string& console);
  void show(One& one, std::string_view bytes);
  void print(const std::string& lines);
  void obey(const Typed& typed);
  void send_break(int number);
  void leave();
  void ended(One& one);
  void pause(bool on);
  void watch_stdin();
  void read_stdin();
  void send(std::string_view keys);
  void dropped(One& one, size_t bytes);
  static bool is_stuck(const One& one);
  void took(One& one);
  void look();
  void take_leave();

  net::Loop& loop_;
  const Options& options_;
  Server& server_;
  std::string control_;
  bool readonly_, interactive_;
  Keys keys_;
  std::list<One> all_;
  size_t width_ = 0, left_ = 0;
  int status_ = 0;
  pty::Output output_;
  std::unique_ptr<net::Watch> stdin_;
  bool stdin_over_ = false;
  bool reading_ = false;  // deferred
  net::Timer look_, linger_;
};

}  // namespace conctl
