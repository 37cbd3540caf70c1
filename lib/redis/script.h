// Script: one Lua script, called by FCALL where the library `lineman` is loaded (the administrator's
// way, and the only one that an ACL without +eval allows), else by EVALSHA, and EVAL once where the
// server does not know it yet. What was found out is kept for the connection.
//
// The Makefile makes the Lua sources into constants (lib/*/NAME.lua -> build/gen/NAME.lua.h) with
// their SHA-1, so that no client needs libcrypto, and into share/lineman/redis/lineman.lua, the
// form that FUNCTION LOAD takes.
#pragma once

#include <string_view>
#include <vector>

#include "lib/redis/client.h"

namespace redis {

struct Script {
  std::string_view function;  // "lineman_queue_put": its name in the library
  std::string_view body;      // for EVAL: sees KEYS and ARGV
  std::string_view sha1;      // of the body, 40 hex digits
};

class Scripts {
 public:
  explicit Scripts(Client& client) : client_(client) {}

  // `done` gets the script's answer; a script is never run twice for one call: only answers that
  // say it was not run lead to the next way.
  void call(const Script& script, const std::vector<std::string_view>& keys,
            const std::vector<std::string_view>& arguments, Client::Done done);

 private:
  Client& client_;
  enum class Way { function, sha, text } way_ = Way::function;
};

}  // namespace redis
