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

namespace {

// congo takes words as they are: a list of whole names, which the server may know or not.
Result<std::vector<std::string>> names_meant(const Options& options, Server& server,
                                             const std::vector<std::string>& words) {
  if (!options.congo) return names_of(server, words);
  std::vector<std::string> out;
  for (const std::string& word : words) {
    for (size_t at = 0; at <= word.size();) {
      const size_t end = std::min(word.find(',', at), word.size());
      if (end > at) out.push_back(word.substr(at, end - at));
      at = end + 1;
    }
  }
  return out;
}

}  // namespace

int console(const Options& options, const base::Args& args) {
  const std::string escape = parse_keys(args.value("escape", "^Ec"));
  if (escape.empty()) {
    return complain(
        options, base::error(base::Errc::usage, "--escape: expected two keys, such as ^Ec or ^]c"));
  }
  Server server(options);
  std::string control;  // "": a server that is reached over TCP has a console port
  if (options.url.empty()) {
    Result<std::string> socket = server.control_socket();
    if (!socket) return complain(options, socket.error());
    control = std::move(*socket);
  }
  const auto names = names_meant(options, server, args.operands());
  if (!names) return complain(options, names.error());
  if (names->empty()) {
    return complain(options, base::error(base::Errc::not_found, "there are no consoles"));
  }
  net::Loop loop;
  const bool readonly = args.has("readonly");
  const Keys keys(escape[0], escape[1]);
  if (names->size() > 1) {
    return Broadcast(loop, options, server, control, readonly, keys).run(*names);
  }
  SessionOptions session{control, names->front(), readonly, args.has("once"), keys};
  return Session(loop, options, server, std::move(session)).run();
}

}  // namespace conctl
