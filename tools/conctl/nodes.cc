// The commands about definitions: list, show, create, delete, logging.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/wire/json.h"
#include "tools/conctl/commands.h"
#include "tools/conctl/definition.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::Result;
using wire::Json;

namespace {

// {"nodes":[{"name":N}, ...]}
std::string bulk_body(const std::vector<std::string>& names) {
  Json nodes = Json::array();
  for (const std::string& name : names) nodes.push_back({{"name", name}});
  return wire::dump({{"nodes", nodes}});
}

int ask_and_tell(const Options& options, Server& server, std::string_view method,
                 const std::string& target, const std::string& body) {
  const Result<http::Answer> answer = server.call(method, target, body);
  if (!answer) return complain(options, answer.error());
  if (answer->status / 100 != 2) return complain(options, *answer);
  const Result<Json> map = wire::parse(answer->body);
  if (!map) return complain(options, map.error());
  return results(options, *map);
}

}  // namespace

int list(const Options& options, const base::Args& args) {
  Server server(options);
  const Result<std::vector<Json>> nodes = nodes_of(server, args.operands());
  if (!nodes) {
    return complain(options, nodes.error(), "Could not list resources, ");
  }
  for (const Json& node : *nodes) {
    if (options.json) {
      out_json(node);
    } else {
      out_line(base::cat(text_of(node, "name"), " (host: ", text_of(node, "host"),
                         ", state: ", text_of(node, "state"), ")"));
    }
  }
  if (nodes->empty() && !options.json) out_line("Could not find any record.");
  return base::kExitOk;
}

int show(const Options& options, const base::Args& args) {
  Server server(options);
  std::string name = args.operands()[0];
  Result<http::Answer> answer = server.call("GET", Server::node_path(name));
  if (answer && answer->status == 400 && !options.congo) {
    // It may be a beginning.
    const auto names = names_of(server, {name});
    if (names && names->size() == 1) {
      name = names->front();
      answer = server.call("GET", Server::node_path(name));
    }
  }
  constexpr std::string_view kBefore = "Could not get resources detail, ";
  if (!answer) return complain(options, answer.error(), kBefore);
  if (answer->status != 200) return complain(options, *answer, kBefore);
  options.json ? out(answer->body) : out_body(answer->body);
  return base::kExitOk;
}

int create(const Options& options, const base::Args& args) {
  if (options.congo && !args.has("params") && !args.has("param")) return wrong_use(options);
  const Result<Definition> definition = read_definition(args);
  if (!definition) return complain(options, definition.error());
  Server server(options);
  const std::string& name = args.operands()[0];
  const std::string body = wire::dump(apply(*definition, name, Json::object()));
  return tell(options, server.call("POST", "/nodes?strict=1", body), name, "Created");
}

int remove(const Options& options, const base::Args& args) {
  Server server(options);
  const std::vector<std::string>& words = args.operands();
  // A whole name needs no list of all consoles; congo knows nothing else.
  if (words.size() == 1) {
    const Result<http::Answer> answer = server.call("DELETE", Server::node_path(words[0]));
    if (!answer || answer->status != 400 || options.congo) {
      return tell(options, answer, words[0], "Deleted");
    }
  }
  const auto names = names_of(server, words);
  if (!names) return complain(options, names.error());
  return ask_and_tell(options, server, "DELETE", "/bulk/nodes", bulk_body(*names));
}

int logging(const Options& options, const base::Args& args) {
  const std::string& state = args.operands()[1];
  if (state != "on" && state != "off" && options.congo) return wrong_use(options);
  if (state != "on" && state != "off") {
    return complain(options,
                    base::error(base::Errc::usage, "logging: expected on or off, got ", state));
  }
  Server server(options);
  if (options.congo) {
    const std::string path = Server::node_path(args.operands()[0]) + "?state=" + state;
    return ask_and_tell(options, server, "PUT", path, "");
  }
  const auto names = names_of(server, {args.operands()[0]});
  if (!names) return complain(options, names.error());
  return ask_and_tell(options, server, "PUT", "/bulk/nodes?state=" + state, bulk_body(*names));
}

}  // namespace conctl
