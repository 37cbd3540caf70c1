#include "tools/consoled/rest_goconserver.h"

#include <unistd.h>

#include <map>

#include <nlohmann/json.hpp>

#include "lib/peer/peer.h"
#include "lib/wire/json.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/node_json.h"
#include "tools/consoled/replay.h"

namespace consoled {

using base::cat;
using base::Errc;
using base::Result;
using http::ExchangePtr;
using http::Parameters;
using nlohmann::json;

namespace {

constexpr std::string_view kJson = "application/json; charset=UTF-8";
constexpr std::string_view kNotThere = "Skip this node as it is not exist.";

void answer(const ExchangePtr& e, int status, const json& body) {
  e->respond(http::response(status, kJson, wire::dump(body) + "\n"));
}

// The statuses are goconserver's, which are not always those that fit.
void refuse(const ExchangePtr& e, int status, std::string_view why, Errc code = Errc::bad_input) {
  e->respond(http::error_response(status, peer::code_name(code), why));
}

int status_of(const base::Error& error) {
  if (error.code == Errc::busy) return 409;
  if (error.code == Errc::io) return 500;
  return error.code == Errc::denied ? 403 : 400;
}

void refuse(const ExchangePtr& e, const base::Error& error) {
  refuse(e, status_of(error), error.what, error.code);
}

void no_node(const ExchangePtr& e, std::string_view name) {
  refuse(e, 400, cat("The node ", name, " is not exist."), Errc::not_found);
}

// The body as JSON; else it was answered.
std::optional<json> body_of(const ExchangePtr& e) {
  Result<json> body = wire::parse(e->request().body);
  if (body) return std::move(*body);
  refuse(e, 422, body.error().what);
  return {};
}

// {"nodes":[...]} of the body; else it was answered.
std::optional<std::vector<ReadNode>> nodes_of(const ExchangePtr& e) {
  const std::optional<json> body = body_of(e);
  if (!body) return {};
  Result<std::vector<ReadNode>> nodes = read_nodes(*body);
  if (nodes) return std::move(*nodes);
  refuse(e, 422, nodes.error().what);
  return {};
}

// conctl wants to hear of a misspelt parameter; goconserver's clients were never told.
Nodes::Unknown unknown_of(const ExchangePtr& e) {
  return e->request().parameter("strict") == "1" ? Nodes::Unknown::refuse : Nodes::Unknown::keep;
}

// The answer to a bulk request, given when the last of its elements is done.
class Bulk {
 public:
  Bulk(ExchangePtr e, int status) : e_(std::move(e)), status_(status) {}
  ~Bulk() { answer(e_, status_, results_); }
  Bulk(const Bulk&) = delete;
  Bulk& operator=(const Bulk&) = delete;

  void say(const std::string& name, std::string_view what) { results_[name] = what; }

 private:
  ExchangePtr e_;
  int status_;
  json results_ = json::object();
};

}  // namespace

RestGoconserver::RestGoconserver(Shared& shared, Nodes& nodes) : shared_(shared), nodes_(nodes) {
  std::string name(256, '\0');
  if (::gethostname(name.data(), name.size() - 1) == 0) host_ = name.substr(0, name.find('\0'));
}

void RestGoconserver::add_routes(http::Router& router) {
  using Plain = void (RestGoconserver::*)(const ExchangePtr&);
  using OfNode = void (RestGoconserver::*)(const ExchangePtr&, std::string_view);
  const auto plain = [&](const char* method, const char* path, Plain f) {
    router.add(method, path, [this, f](const ExchangePtr& e, const Parameters&) { (this->*f)(e); });
  };
  const auto of_node = [&](const char* method, const char* path, OfNode f) {
    router.add(method, path, [this, f](const ExchangePtr& e, const Parameters& p) {
      (this->*f)(e, p.get("node"));
    });
  };
  plain("GET", "/nodes", &RestGoconserver::list);
  plain("POST", "/nodes", &RestGoconserver::create);
  of_node("GET", "/nodes/{node}", &RestGoconserver::show);
  of_node("DELETE", "/nodes/{node}", &RestGoconserver::remove);
  of_node("PUT", "/nodes/{node}", &RestGoconserver::switch_one);
  plain("POST", "/bulk/nodes", &RestGoconserver::bulk_create);
  plain("DELETE", "/bulk/nodes", &RestGoconserver::bulk_remove);
  plain("PUT", "/bulk/nodes", &RestGoconserver::bulk_switch);
  of_node("GET", "/command/replay/{node}", &RestGoconserver::replay);
  of_node("GET", "/command/user/{node}", &RestGoconserver::users);
  plain("GET", "/breaksequence", &RestGoconserver::breaks);
}

// Names and states need no escapes; ten thousand of them are written as they are.
void RestGoconserver::list(const ExchangePtr& e) {
  const std::string host = wire::dump(json(host_));
  std::string body = R"({"nodes":[)";
  for (const auto& [name, console] : nodes_.consoles().all()) {
    if (body.back() == '}') body += ',';
    body += cat(R"({"host":)", host, R"(,"name":")", name, R"(","state":")",
                compatible_name(console.status()), R"("})");
  }
  e->respond(http::response(200, kJson, body + "]}\n"));
}

void RestGoconserver::create(const ExchangePtr& e) {
  const std::optional<json> body = body_of(e);
  if (!body) return;
  Result<Node> node = read_node(*body);
  if (!node) return refuse(e, 422, node.error().what);
  const Result<void> taken = nodes_.create(
      std::move(*node),
      [e](const Result<void>& stored) {
        stored ? e->respond(http::Response{201, {}, ""}) : refuse(e, stored.error());
      },
      unknown_of(e));
  if (!taken) refuse(e, taken.error());
}

void RestGoconserver::show(const ExchangePtr& e, std::string_view name) {
  const Console* c = nodes_.find(name);
  if (c == nullptr) return no_node(e, name);
  const Node shown = redacted(c->node(), driver_kind(c->node().driver));
  http::Response r =
      http::response(200, kJson, node_answer(shown, compatible_name(c->status())) + "\n");
  r.fields.add("ETag", c->revision());
  e->respond(r);
}

void RestGoconserver::remove(const ExchangePtr& e, std::string_view name) {
  const Result<void> taken = nodes_.remove(name, [e](const Result<void>& stored) {
    stored ? e->respond(http::Response{202, {}, ""}) : refuse(e, stored.error());
  });
  if (!taken) refuse(e, taken.error());
}

std::string RestGoconserver::switch_to(std::string_view name, std::string_view state) {
  if (state != "on" && state != "off") return "";
  Console* c = nodes_.find(name);
  if (c == nullptr) return std::string(kNotThere);
  return (state == "on" ? c->switch_on() : c->switch_off()) ? "Updated" : "Unchanged";
}

void RestGoconserver::switch_one(const ExchangePtr& e, std::string_view name) {
  const std::string_view state = e->request().parameter("state");
  if (state.empty()) return refuse(e, 400, "Could not get state parameter");
  json results = json::object();
  if (const std::string r = switch_to(name, state); !r.empty()) results[std::string(name)] = r;
  answer(e, 200, results);
}

void RestGoconserver::bulk_create(const ExchangePtr& e) {
  auto nodes = nodes_of(e);
  if (!nodes) return;
  const auto bulk = std::make_shared<Bulk>(e, 201);
  for (ReadNode& n : *nodes) {
    if (!n.node) {
      bulk->say(n.label, n.node.error().what);
      continue;
    }
    const Result<void> taken = nodes_.create(
        std::move(*n.node),
        [bulk, name = n.label](const Result<void>& stored) {
          bulk->say(name, stored ? "Created" : stored.error().what);
        },
        unknown_of(e));
    if (taken) continue;
    const bool there = taken.error().code == Errc::busy;
    bulk->say(n.label, there ? "Skip this node as node is exist." : taken.error().what);
  }
}

void RestGoconserver::bulk_remove(const ExchangePtr& e) {
  const auto nodes = nodes_of(e);
  if (!nodes) return;
  const auto bulk = std::make_shared<Bulk>(e, 200);
  for (const ReadNode& n : *nodes) {
    const Result<void> taken = nodes_.remove(
        n.node ? n.node->name : n.label, [bulk, name = n.label](const Result<void>& stored) {
          bulk->say(name, stored ? "Deleted" : stored.error().what);
        });
    if (taken) continue;
    const bool missing = taken.error().code == Errc::not_found;
    bulk->say(n.label, missing ? "Skip this node as node is not exist." : taken.error().what);
  }
}

void RestGoconserver::bulk_switch(const ExchangePtr& e) {
  const std::string_view state = e->request().parameter("state");
  if (state.empty()) return refuse(e, 400, "Could not get state parameter");
  const auto nodes = nodes_of(e);
  if (!nodes) return;
  json results = json::object();
  for (const ReadNode& n : *nodes) {
    const std::string r = switch_to(n.node ? n.node->name : n.label, state);
    if (!r.empty()) results[n.label] = r;
  }
  answer(e, 202, results);
}

void RestGoconserver::replay(const ExchangePtr& e, std::string_view name) {
  Console* c = nodes_.find(name);
  if (c == nullptr) return no_node(e, name);
  consoled::replay(shared_, *c, shared_.config.replay_lines, [e](const std::string& text) {
    e->respond(http::response(200, "html/text; charset=UTF-8", text + "\n"));
  });
}

void RestGoconserver::users(const ExchangePtr& e, std::string_view name) {
  const Console* c = nodes_.find(name);
  if (c == nullptr) return no_node(e, name);
  json users = json::array();
  for (const auto& [number, viewer] : c->viewers()) users.push_back(viewer.visitor().text());
  answer(e, 200, {{"users", std::move(users)}});
}

void RestGoconserver::breaks(const ExchangePtr& e) {
  json list = json::array();
  int key = 1;
  for (const BreakSequence& b : shared_.config.breaks) {
    list.push_back(cat("key: ", key++, " string: ", b.sequence, ", delay: ", b.delay.count()));
  }
  answer(e, 200, list);
}

}  // namespace consoled
