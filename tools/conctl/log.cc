// The command log: what consoles said, which consoled reads from its journals for us.
#include <unistd.h>

#include <cstdlib>

#include "lib/http/target.h"
#include "lib/journal/asked.h"
#include "tools/conctl/commands.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"
#include "tools/conctl/server.h"

namespace conctl {

using base::Result;
using journal::Asked;

namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool shows_color() {
  return ::isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR") && is_set("TERM") &&
         std::string_view(std::getenv("TERM")) != "dumb";
}

std::string target_of(const std::vector<std::string>& consoles, const Asked& asked) {
  std::string out = "/v1/log?console=";
  for (size_t i = 0; i < consoles.size(); i++) {
    out += (i > 0 ? "," : "") + http::percent_encode(consoles[i]);
  }
  for (const auto& [name, value] : journal::fields_of(asked)) {
    out += base::cat("&", name, "=", http::percent_encode(value));
  }
  return out;
}

// goconserver has no such route: of one console it tells what was said last, and no more.
int replay(const Options& options, Server& server, const std::vector<std::string>& consoles,
           const Asked& asked) {
  Asked plain = asked;
  plain.color = false;
  if (consoles.size() != 1 || !journal::fields_of(plain).empty()) {
    return complain(options, base::error(base::Errc::not_found,
                                         "log: this server is no consoled: it only has what one "
                                         "console said last, without options"));
  }
  const Result<std::string> text =
      server.ask("GET", "/command/replay/" + http::percent_encode(consoles[0]));
  if (!text) return complain(options, text.error());
  out(*text);
  return base::kExitOk;
}

}  // namespace

int log(const Options& options, const base::Args& args) {
  Result<Asked> asked = journal::read_asked(args, base::wall_us());
  if (!asked) return complain(options, asked.error());
  if (options.json) asked->form = journal::Form::json;
  asked->color = shows_color();
  Server server(options);
  bool any = false;
  const Result<void> got =
      server.get(target_of(args.operands(), *asked), [&any](std::string_view bytes) {
        any = any || !bytes.empty();
        out(bytes);
        return true;
      });
  if (!got && !options.url.empty() && no_such_route(got.error())) {
    return replay(options, server, args.operands(), *asked);
  }
  if (!got) return complain(options, got.error());
  return any ? base::kExitOk : base::kExitNo;
}

}  // namespace conctl
