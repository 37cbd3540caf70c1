// Session: one console on the user's terminal, in raw mode, or on stdin and stdout as plain bytes.
// It outlives the daemon: a lost connection is tried again until the user leaves, and goes on at
// the byte where it was.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/net/backoff.h"
#include "lib/net/loop.h"
#include "lib/pty/output.h"
#include "lib/pty/screen.h"
#include "tools/conctl/aside.h"
#include "tools/conctl/keys.h"
#include "tools/conctl/line.h"
#include "tools/conctl/options.h"
#include "tools/conctl/prompt.h"

namespace conctl {

struct SessionOptions {
  std::string control;  // the control socket; "": goconserver's console port
  std::string console;
  bool readonly = false;
  bool once = false;  // a lost connection is the end
  Keys keys;
};

class Session {
 public:
  // `server`: for what is asked beside the stream.
  Session(net::Loop& loop, const Options& options, Server& server, SessionOptions session);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs to its end; the status for exit(3).
  int run();

 private:
  bool on_port() const { return session_.control.empty(); }
  base::Result<Attached> attach_now();
  void connect();
  void refused(const base::Error& error);
  void begin(Attached attached, std::string_view words);
  void show(std::string_view bytes, bool words);
  void lost(const std::optional<base::Error>& error);
  void watch_stdin();
  void read_stdin();
  void typed(std::string_view bytes);
  void obey(const Typed& typed);
  void ask_for(Ask what, std::string_view words);
  void asked();
  void move_to(const std::string& name);
  void pause();
  void stdin_ended();
  void signalled(int number);
  void suspend();
  void resize();
  void write_again();
  void hang_up();
  void send_break(int number);
  void say(std::string_view text);
  void say_done(const base::Result<void>& done, std::string_view words);
  void tell(const base::Result<std::string>& text);
  void end(int status);
  int leave();

  net::Loop& loop_;
  const Options& options_;
  Server& server_;
  SessionOptions session_;
  Aside aside_;
  bool interactive_;
  bool connected_once_ = false;
  bool came_to_look_ = false;  // read-only for the server, too
  bool stdin_over_ = false;
  int status_ = 0;
  std::optional<Prompt> prompt_;  // while a line is typed for us, and what it is for:
  Ask prompt_for_ = Ask::none;
  std::string last_words_;
  int64_t viewer_ = 0;
  std::optional<peer::Place> place_;  // to go on at
  pty::Screen screen_;
  pty::Output output_;
  std::unique_ptr<Line> line_;
  std::unique_ptr<net::Watch> stdin_;
  net::Backoff backoff_;
  net::Timer again_, linger_;
};

// A text with bare LFs for a terminal in raw mode, between the console's own words.
std::string on_raw(std::string_view text);

}  // namespace conctl
