// The command console: a terminal on one console, or on several.
#include <algorithm>

#include "lib/base/log.h"
#include "tools/conctl/broadcast.h"
#include "tools/conctl/commands.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"
#include "tools/conctl/session.h"

namespace conctl {

using base::Result;

int console(const Options& options, const base::Args& args) {
  const std::string escape = parse_keys(args.value("escape", "^Ec"));
  if (escape.empty()) {
    return complain(
        options, base::error(base::Errc::usage, "--escape: expected two keys, such as ^Ec or ^]c"));
  }
  Server server(options);
  const Result<std::string> control = server.control_socket();
  if (!control) return complain(options, control.error());
  const auto names = names_of(server, args.operands());
  if (!names) return complain(options, names.error());
  if (names->empty()) {
    return complain(options, base::error(base::Errc::not_found, "there are no consoles"));
  }
  net::Loop loop;
  const bool readonly = args.has("readonly");
  if (names->size() > 1) return Broadcast(loop, options, *control, readonly).run(*names);
  SessionOptions session{*control, names->front(), readonly, args.has("once"),
                         Keys(escape[0], escape[1])};
  return Session(loop, options, server, std::move(session)).run();
}

}  // namespace conctl
