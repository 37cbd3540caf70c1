// Aside: what is asked of the server while a terminal is on a console: by the control socket or,
// of a server that is reached over TCP, by goconserver's routes. Each blocks for a few seconds at
// most. The texts are for a terminal: lines with LF.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lib/pty/pty.h"
#include "tools/conctl/server.h"

namespace conctl {

class Aside {
 public:
  // `control`: the control socket; "": there is none.
  Aside(Server& server, std::string control, std::string console);

  // About another one from now on.
  void turn_to(std::string console) { console_ = std::move(console); }

  base::Result<std::string> replay();
  base::Result<std::string> last_lines(int count);
  base::Result<std::string> who();
  base::Result<std::string> info();
  base::Result<std::string> all();
  base::Result<std::string> breaks();
  // 1 to 9 a sequence, 0 a BREAK.
  base::Result<void> send_break(int number);
  base::Result<void> reconnect();
  base::Result<void> down();
  // Whether there is a control socket, which these need.
  base::Result<void> may_tell() const;
  // To those who look; into the journal.
  base::Result<void> message(const std::string& text);
  base::Result<void> note(const std::string& text);
  void resize(int64_t viewer, pty::Size size);

 private:
  base::Result<nlohmann::json> command(nlohmann::json request) const;
  base::Result<void> tell(nlohmann::json request) const;
  // The list in the answer to a GET, a line for each.
  base::Result<std::string> list_at(const std::string& path, const char* key,
                                    std::string_view prefix);

  Server& server_;
  std::string control_, console_;
};

}  // namespace conctl
