// Script: one Lua script, called by FCALL where the library `lineman` is loaded (the
// administrator's way, and the only one that an ACL without +eval allows), else by EVALSHA, and
// EVAL once where the server does not know it yet. What was found out is kept for the connection,
// for each script.
//
// Calls of one script are run in the order they were made. So while a way is being looked for only
// one of them is on its way, and the others are held; after that they are pipelined.
//
// The Makefile makes the Lua sources into Scripts (lib/*/NAME.lua -> build/gen/lib/*/NAME.lua.h)
// and into share/lineman/redis/lineman.lua, the form that FUNCTION LOAD takes. A function's name
// changes with its text: a library that an upgrade left behind is as if there were none.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/redis/client.h"

namespace redis {

// Constants: the views must live as long as the Scripts.
struct Script {
  std::string_view function;  // "lineman_queue_put_1f2e3d4c": its name in the library
  std::string_view body;      // for EVAL: sees KEYS and ARGV
  std::string_view sha1;      // of the body, 40 hex digits
};

// Must live as long as its Client answers.
class Scripts {
 public:
  explicit Scripts(Client& client) : client_(client) {}
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;

  // `done` gets the script's answer; a script is never run twice for one call: only answers that
  // say it was not run lead to the next way.
  void call(const Script& script, const std::vector<std::string_view>& keys,
            const std::vector<std::string_view>& arguments, Client::Done done);

  // Like the client's, with what is held: who pours in asks before more.
  bool full() const;

  // The server does not know the function, or the text, or this user may not take that way: the
  // script was not run. (Errors of commands within a script name the script.)
  static bool not_run(const Reply& answer);

 private:
  enum class Way { function, sha, text };

  struct Call {
    Script script;
    std::vector<std::string> words;  // keys, then arguments
    size_t keys;
    Client::Done done;
  };
  // One script, on this connection.
  struct Slot {
    Way way = Way::function;
    bool known = false;  // the way is the right one: calls need not wait for each other
    size_t flying = 0;   // calls without an answer
    std::deque<Call> held;
  };

  Slot& slot_of(const Script& script);
  void start(Slot& slot, Call call);
  void send(Slot& slot, Way way, Call call);
  void answered(Slot& slot, Way way, Call call, base::Result<Reply> answer);
  void release(Slot& slot);

  Client& client_;
  uint64_t connection_ = 0;
  size_t held_bytes_ = 0;
  std::map<std::string_view, Slot> slots_;  // by function
};

}  // namespace redis
