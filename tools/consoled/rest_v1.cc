#include "tools/consoled/rest_v1.h"

#include <nlohmann/json.hpp>

#include "lib/wire/json.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/node_json.h"
#include "tools/consoled/report.h"

namespace consoled {

using base::Result;
using http::ExchangePtr;
using http::Parameters;
using nlohmann::json;

namespace {

constexpr std::string_view kJson = "application/json";

void answer(const ExchangePtr& e, const json& body) {
  e->respond(http::response(200, kJson, wire::dump(body) + "\n"));
}

void refuse(const ExchangePtr& e, const base::Error& error) {
  using base::Errc;
  switch (error.code) {
    case Errc::not_found:
      return e->respond(http::error_response(404, "not_found", error.what));
    case Errc::busy:
      return e->respond(http::error_response(409, "busy", error.what));
    case Errc::denied:
      return e->respond(http::error_response(403, "denied", error.what));
    case Errc::io:
      return e->respond(http::error_response(500, "io", error.what));
    default:
      return e->respond(http::error_response(400, "bad_input", error.what));
  }
}

// What a node of each driver may have.
json known_params() {
  json out = json::array();
  for (const DriverKind* kind : driver_kinds()) {
    for (const auto params : {kind->params, std::span<const Param>(kCommonParams)}) {
      for (const Param& p : params) {
        out.push_back({{"driver", kind->name},
                       {"param", p.name},
                       {"required", p.need == Param::Need::required},
                       {"secret", p.secret},
                       {"help", p.help}});
      }
    }
  }
  return out;
}

// These take nothing behind a "?": who says something means something else.
http::Router::Handle plain(http::Router::Handle handle) {
  return [handle = std::move(handle)](const ExchangePtr& e, const Parameters& p) {
    if (e->request().query.empty()) return handle(e, p);
    refuse(e, unknown_key(e->request().query.front().first));
  };
}

}  // namespace

base::Error unknown_key(std::string_view name) {
  return base::error(base::Errc::bad_input, wire::quoted_name(name), ": no such parameter");
}

RestV1::RestV1(Shared& shared, Nodes& nodes, int64_t started_us)
    : shared_(shared), nodes_(nodes), started_us_(started_us) {}

void RestV1::add_routes(http::Router& router) {
  router.add("GET", "/v1/status", plain([this](const ExchangePtr& e, const Parameters&) {
               answer(e, daemon_json(shared_, nodes_, started_us_));
             }));
  router.add("GET", "/v1/consoles", plain([this](const ExchangePtr& e, const Parameters&) {
               json list = json::array();
               for (const auto& [name, c] : nodes_.consoles().all())
                 list.push_back(console_json(c));
               answer(e, {{"consoles", std::move(list)}});
             }));
  router.add("GET", "/v1/consoles/{node}", plain([this](const ExchangePtr& e, const Parameters& p) {
               const Console* c = nodes_.find(p.get("node"));
               if (c == nullptr) {
                 return refuse(e, base::error(base::Errc::not_found, "no console ", p.get("node")));
               }
               answer(e, console_details(*c));
             }));
  router.add("GET", "/v1/drivers", plain([](const ExchangePtr& e, const Parameters&) {
               answer(e, {{"params", known_params()}});
             }));
  router.add("GET", "/v1/viewers", plain([this](const ExchangePtr& e, const Parameters&) {
               json list = json::array();
               for (const auto& [name, c] : nodes_.consoles().all()) {
                 for (const auto& [number, v] : c.viewers()) list.push_back(viewer_json(c, v));
               }
               answer(e, {{"viewers", std::move(list)}});
             }));
  router.add("GET", "/metrics", [this](const ExchangePtr& e, const Parameters&) {
    e->respond(http::response(200, "text/plain; version=0.0.4",
                              metrics_text(shared_, nodes_, started_us_)));
  });
}

void RestV1::add_local_routes(http::Router& router) {
  // Another definition in place of the one there is; with If-Match (RFC 9110, 13.1.1), of the one
  // that was seen.
  router.add("PUT", "/v1/nodes/{node}", [this](const ExchangePtr& e, const Parameters& p) {
    Result<json> body = wire::parse(e->request().body);
    if (!body) return refuse(e, body.error());
    Result<Node> node = read_node(*body);
    if (!node) return refuse(e, node.error());
    const std::string_view name = p.get("node");
    if (!node->name.empty() && node->name != name) {
      return refuse(e, base::error(base::Errc::bad_input, "the node's name is ",
                                   wire::quoted_name(node->name), ", and the path's ", name));
    }
    node->name = name;
    const Console* c = nodes_.find(node->name);
    const std::string_view seen = e->request().fields.get("If-Match");
    const bool same = c == nullptr || seen == "*" || seen == c->revision();
    if (!seen.empty() && (nodes_.changing(node->name) || !same)) {
      return e->respond(http::error_response(412, "busy", node->name + " was changed meanwhile"));
    }
    const Result<void> taken = nodes_.replace(std::move(*node), [e](const Result<void>& stored) {
      stored ? answer(e, json::object()) : refuse(e, stored.error());
    });
    if (!taken) refuse(e, taken.error());
  });
  // All definitions, their secrets too, as goconserver's nodes.json.
  router.add("GET", "/v1/export", [this](const ExchangePtr& e, const Parameters&) {
    std::vector<Node> nodes;
    for (const auto& [name, c] : nodes_.consoles().all()) nodes.push_back(c.node());
    e->respond(http::response(200, kJson, nodes_file(nodes)));
  });
}

}  // namespace consoled
