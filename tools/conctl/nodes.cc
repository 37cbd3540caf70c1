// The commands about definitions: list, show, create, edit, delete, logging.
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

int tell(const Options& options, const Result<http::Answer>& answer, const std::string& name,
         std::string_view done) {
  if (!answer) return complain(options, answer.error());
  if (answer->status / 100 != 2) return complain(options, *answer);
  if (options.json) {
    out_json({{"name", name}, {"ok", true}, {"result", done}});
  } else {
    out_line(done);
  }
  return base::kExitOk;
}

}  // namespace

int list(const Options& options, const base::Args& args) {
  Server server(options);
  const Result<std::vector<Json>> nodes = nodes_of(server, args.operands());
  if (!nodes) {
    return complain(options, base::Error{nodes.error().code, nodes.error().sys,
                                         "Could not list resources, " + nodes.error().what});
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
  if (answer && answer->status == 400) {
    // It may be a beginning.
    const auto names = names_of(server, {name});
    if (names && names->size() == 1) {
      name = names->front();
      answer = server.call("GET", Server::node_path(name));
    }
  }
  if (!answer || answer->status != 200) {
    if (!options.json) out("\n");
    return answer ? complain(options, *answer) : complain(options, answer.error());
  }
  // In the order of the answer, which is for people.
  const auto body = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (options.json || body.is_discarded()) {
    out(answer->body);
  } else {
    out(body.dump(1, '\t', false, nlohmann::ordered_json::error_handler_t::replace) + "\n\n");
  }
  return base::kExitOk;
}

int create(const Options& options, const base::Args& args) {
  const Result<Definition> definition = read_definition(args);
  if (!definition) return complain(options, definition.error());
  Server server(options);
  const std::string& name = args.operands()[0];
  const std::string body = wire::dump(apply(*definition, name, Json::object()));
  return tell(options, server.call("POST", "/nodes", body), name, "Created");
}

int edit(const Options& options, const base::Args& args) {
  const Result<Definition> definition = read_definition(args);
  if (!definition) return complain(options, definition.error());
  Server server(options);
  const std::string& name = args.operands()[0];
  const Result<std::string> now = server.ask("GET", Server::node_path(name));
  if (!now) return complain(options, now.error());
  const Result<Json> body = wire::parse(*now);
  if (!body || !body->is_object() || !body->contains("StorageNode")) {
    return complain(options, base::error(base::Errc::bad_input, name, ": an answer without node"));
  }
  const std::string changed = wire::dump(apply(*definition, name, body->at("StorageNode")));
  return tell(options, server.call("PUT", "/v1" + Server::node_path(name), changed), name,
              "Updated");
}

int remove(const Options& options, const base::Args& args) {
  Server server(options);
  const std::vector<std::string>& words = args.operands();
  // A whole name needs no list of all consoles.
  if (words.size() == 1) {
    const Result<http::Answer> answer = server.call("DELETE", Server::node_path(words[0]));
    if (!answer || answer->status != 400) return tell(options, answer, words[0], "Deleted");
  }
  const auto names = names_of(server, words);
  if (!names) return complain(options, names.error());
  return ask_and_tell(options, server, "DELETE", "/bulk/nodes", bulk_body(*names));
}

int logging(const Options& options, const base::Args& args) {
  const std::string& state = args.operands()[1];
  if (state != "on" && state != "off") {
    return complain(options,
                    base::error(base::Errc::usage, "logging: expected on or off, got ", state));
  }
  Server server(options);
  const auto names = names_of(server, {args.operands()[0]});
  if (!names) return complain(options, names.error());
  return ask_and_tell(options, server, "PUT", "/bulk/nodes?state=" + state, bulk_body(*names));
}

}  // namespace conctl
