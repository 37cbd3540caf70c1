// The commands export and import: definitions in the form of goconserver's nodes.json.
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "lib/base/fd.h"
#include "lib/wire/json.h"
#include "tools/conctl/commands.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::Errc;
using base::Result;
using wire::Json;

namespace {

constexpr size_t kMaxFile = size_t{64} << 20;
constexpr size_t kReadAtOnce = size_t{64} * 1024;

Result<std::string> read_all(const std::string& path) {
  if (!path.empty() && path != "-") return base::read_file(path, kMaxFile);
  std::string text, buf(kReadAtOnce, '\0');
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buf.data(), buf.size());
    if (n == 0) return text;
    if (n < 0) return base::sys_error(errno, "stdin");
    text.append(buf, 0, static_cast<size_t>(n));
    if (text.size() > kMaxFile) return base::error(Errc::too_big, "stdin: too long");
  }
}

// The nodes of {"NAME":{...}}, or of {"nodes":[...]}.
Result<Json> nodes_in(const std::string& text) {
  const Result<Json> file = wire::parse(text);
  if (!file) return file;
  if (!file->is_object()) return base::error(Errc::bad_input, "expected an object of nodes");
  if (file->contains("nodes") && file->at("nodes").is_array()) return file->at("nodes");
  Json nodes = Json::array();
  for (const auto& [name, node] : file->items()) {
    Json one = node;
    if (one.is_object() && !one.contains("name")) one["name"] = name;
    nodes.push_back(one);
  }
  return nodes;
}

}  // namespace

// On its own machine consoled gives secrets, too, to those who could read its database; another
// server's nodes are put together one by one.
int export_nodes(const Options& options, const base::Args& args) {
  Server server(options);
  if (options.url.empty() && args.operands().empty()) {
    const Result<std::string> all = server.ask("GET", "/v1/export");
    if (!all) return complain(options, all.error());
    out(*all);
    return base::kExitOk;
  }
  const auto names = names_of(server, args.operands());
  if (!names) return complain(options, names.error());
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const std::string& name : *names) {
    const Result<std::string> body = server.ask("GET", Server::node_path(name));
    if (!body) return complain(options, base::in(name, body.error()));
    const auto node = nlohmann::ordered_json::parse(*body, nullptr, false);
    if (!node.is_object() || !node.contains("StorageNode")) {
      return complain(options, base::error(Errc::bad_input, name, ": an answer without node"));
    }
    all[name] = node.at("StorageNode");
  }
  out(all.dump(1, '\t', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  return base::kExitOk;
}

int import_nodes(const Options& options, const base::Args& args) {
  const std::string path = args.operands().empty() ? "-" : args.operands()[0];
  const Result<std::string> text = read_all(path);
  if (!text) return complain(options, text.error());
  const Result<Json> nodes = nodes_in(*text);
  if (!nodes) return complain(options, base::in(path == "-" ? "stdin" : path, nodes.error()));
  Server server(options);
  const Result<std::string> body =
      server.ask("POST", "/bulk/nodes?strict=1", wire::dump({{"nodes", *nodes}}));
  if (!body) return complain(options, body.error());
  const Result<Json> map = wire::parse(*body);
  return map ? results(options, *map) : complain(options, map.error());
}

// A token for the page, which consoled gives on its unix socket alone.
int web(const Options& options, const base::Args&) {
  if (!options.url.empty()) {
    return complain(options, base::error(Errc::usage,
                                         "web: unset CONGO_URL: the address is given "
                                         "on consoled's machine alone"));
  }
  Server server(options);
  const Result<std::string> body = server.ask("POST", "/v1/tokens");
  if (!body) return complain(options, body.error());
  const Result<Json> answer = wire::parse(*body);
  if (!answer) return complain(options, answer.error());
  const auto urls = answer->find("urls");
  if (urls == answer->end() || !urls->is_array() || urls->empty()) {
    return complain(options, base::error(Errc::not_found,
                                         "consoled has no port for pages: set api.port in "
                                         "consoled.conf(5)"));
  }
  if (options.json) out_json(*answer);
  for (const Json& url : *urls) {
    if (url.is_string() && !options.json) out_line(url.get_ref<const std::string&>());
  }
  return base::kExitOk;
}

}  // namespace conctl
