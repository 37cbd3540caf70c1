#include "tools/consoled/front_web.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "lib/base/cat.h"
#include "lib/base/log.h"
#include "lib/http/origin.h"
#include "lib/http/websocket.h"
#include "lib/web/headers.h"
#include "lib/wire/object.h"
#include "tools/consoled/pages.h"

namespace consoled {

using base::Result;
using http::ExchangePtr;
using http::Response;
using wire::Json;

namespace {
constexpr size_t kMaxComing = 64;
constexpr size_t kMaxSessionsFile = size_t{1} << 20;
constexpr const char* kAnybody = "anybody";

void answer_json(const ExchangePtr& e, int status, const Json& body) {
  Response r = http::response(status, "application/json", wire::dump(body) + "\n");
  web::add_security(r);
  r.fields.add("Cache-Control", "no-store");
  e->respond(r);
}

void refuse(const ExchangePtr& e, int status, std::string_view code, std::string_view message) {
  Response r = http::error_response(status, code, message);
  web::add_security(r);
  e->respond(r);
}

void refuse_handshake(const ExchangePtr& e, const http::Problem& problem) {
  Response r = http::error_response(problem);
  if (problem.status == 426) r.fields.add("Sec-WebSocket-Version", "13");
  e->respond(r);
}
}  // namespace

Result<std::unique_ptr<FrontWeb>> FrontWeb::make(Shared& shared, Consoles& consoles,
                                                 Options options) {
  Result<web::Files> page = web::Files(pages());
  if (!options.web_dir.empty()) page = web::Files::in_folder(options.web_dir);
  if (!page) return base::in("web.dir", page.error());
  std::unique_ptr<web::Files> dist;
  if (!options.dist_dir.empty()) {
    Result<web::Files> files = web::Files::in_folder(options.dist_dir);
    if (!files) return base::in("dist_dir", files.error());
    dist = std::make_unique<web::Files>(std::move(*files));
  }
  auto out = std::unique_ptr<FrontWeb>(
      new FrontWeb(shared, consoles, std::move(options), std::move(*page)));
  out->dist_ = std::move(dist);
  if (const auto kept = base::read_file(out->options_.sessions_file, kMaxSessionsFile)) {
    out->sessions_.take(*kept, shared.loop.now(), base::wall_us());
  }
  return out;
}

FrontWeb::FrontWeb(Shared& shared, Consoles& consoles, Options options, web::Files page)
    : shared_(shared),
      consoles_(consoles),
      options_(std::move(options)),
      page_(std::move(page)),
      sessions_(options_.cookie, options_.tls),
      relays_(shared.loop) {}

bool FrontWeb::admits(const ExchangePtr& e) const {
  const http::Request& r = e->request();
  if (!http::same_origin(r)) {
    refuse(e, 403, "origin", "asked from another site's page");
    return false;
  }
  if (http::from_browser(r) && !http::host_allowed(r, options_.hosts)) {
    refuse(e, 421, "host", "a browser comes here by an address, localhost, or this machine's name");
    return false;
  }
  return true;
}

void FrontWeb::add_routes(http::Router& router) {
  using Parameters = http::Parameters;
  router.add("POST", "/v1/session",
             [this](const ExchangePtr& e, const Parameters&) { sign_in(e); });
  router.add("GET", "/v1/session", [this](const ExchangePtr& e, const Parameters&) { who(e); });
  router.add("DELETE", "/v1/session",
             [this](const ExchangePtr& e, const Parameters&) { sign_out(e); });
  router.add("GET", "/v1/attach", [this](const ExchangePtr& e, const Parameters&) { attach(e); });
  if (options_.console_port) {
    router.add("GET", "/session", [this](const ExchangePtr& e, const Parameters&) { session(e); });
  }
  if (!options_.raw_console.empty()) {
    router.add("GET", "/ws", [this](const ExchangePtr& e, const Parameters&) { raw(e); });
  }
  router.add("GET", "/web", [](const ExchangePtr& e, const Parameters&) {
    e->respond(http::redirect(301, "/web/"));
  });
  router.add("GET", "/web/{file...}", [this](const ExchangePtr& e, const Parameters& p) {
    e->respond(page_.get(e->request(), p.get("file")));
  });
  if (dist_) {
    router.add("GET", "/{file...}", [this](const ExchangePtr& e, const Parameters& p) {
      e->respond(dist_->get(e->request(), p.get("file")));
    });
  } else {
    router.add("GET", "/", [](const ExchangePtr& e, const Parameters&) {
      e->respond(http::redirect(302, "/web/"));
    });
  }
}

void FrontWeb::add_local_routes(http::Router& router) {
  router.add("POST", "/v1/tokens",
             [this](const ExchangePtr& e, const http::Parameters&) { give_token(e); });
}

std::optional<std::string> FrontWeb::user_of(const ExchangePtr& e) {
  if (!e->user().empty()) return e->user();
  if (!options_.raw_console.empty()) return kAnybody;
  auto user = sessions_.user(e->request(), shared_.loop.now());
  keep_sessions();
  return user;
}

// Without a sync, as the loop waits for no disk: it is there after a crash of ours, and after one
// of the machine everybody signs in again.
void FrontWeb::keep_sessions() {
  const std::string& file = options_.sessions_file;
  if (file.empty() || !sessions_.changed()) return;
  const std::string text = sessions_.text(shared_.loop.now(), base::wall_us());
  const std::string fresh = file + ".new";
  const Result<base::Fd> fd = base::open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  Result<void> kept = fd ? base::write_all(fd->get(), text) : Result<void>(fd.error());
  if (kept && std::rename(fresh.c_str(), file.c_str()) < 0) kept = base::sys_error(errno, file);
  if (!kept) base::log::warn("sessions will not outlive a restart: ", kept.error().what);
}

void FrontWeb::give_token(const ExchangePtr& e) {
  const std::string token = tokens_.issue(e->peer(), shared_.loop.now());
  Json urls = Json::array();
  for (const std::string& url : options_.urls) {
    urls.push_back(base::cat(url, "/web/#token=", token));
  }
  answer_json(e, 201, {{"token", token}, {"urls", std::move(urls)}});
}

void FrontWeb::sign_in(const ExchangePtr& e) {
  const Result<Json> body = wire::parse(e->request().body);
  if (!body) return refuse(e, 400, "bad_input", body.error().what);
  wire::Object o(*body, "session");
  const std::string token = o.need_string("token");
  if (auto done = o.end(); !done) return refuse(e, 400, "bad_input", done.error().what);
  const base::Time now = shared_.loop.now();
  const auto user = tokens_.redeem(token, now);
  if (!user) {
    return refuse(e, 403, "denied",
                  "the token is not good any more: \"conctl web\" gives another one");
  }
  Response r = http::response(201, "application/json", wire::dump(Json{{"user", *user}}) + "\n");
  r.fields.add("Set-Cookie", sessions_.open(*user, now));
  keep_sessions();
  web::add_security(r);
  e->respond(r);
}

void FrontWeb::who(const ExchangePtr& e) {
  const auto user = user_of(e);
  if (!user) return refuse(e, 401, "denied", "not signed in: \"conctl web\" opens this page");
  answer_json(e, 200, {{"user", *user}});
}

void FrontWeb::sign_out(const ExchangePtr& e) {
  Response r;
  r.status = 204;
  r.fields.add("Set-Cookie", sessions_.close(e->request()));
  keep_sessions();
  e->respond(r);
}

void FrontWeb::attach(const ExchangePtr& e) {
  const auto shake = http::websocket::handshake(e->request(), {kWebProtocol});
  if (shake.problem) return refuse_handshake(e, *shake.problem);
  if (shake.protocol.empty()) {
    return refuse(e, 400, "protocol", "the protocol spoken here is lineman.v1");
  }
  const auto user = user_of(e);
  if (!user) return refuse(e, 401, "denied", "not signed in: \"conctl web\" opens this page");
  if (coming_.size() >= kMaxComing) return refuse(e, 503, "busy", "too many come in at once");
  Visitor visitor{"web", e->peer(), {}, *user};
  e->upgrade(shake.fields, [this, visitor](http::Upgraded u) { upgraded(std::move(u), visitor); });
}

void FrontWeb::upgraded(http::Upgraded u, Visitor visitor) {
  if (options_.tls) {
    std::string rest = std::exchange(u.rest, {});
    const std::shared_ptr<void> place = u.place;
    Result<base::Fd> fd = relays_.join(std::move(u));
    if (!fd) return;
    u = {std::make_unique<net::Stream>(shared_.loop, std::move(*fd), net::Stream::Events{}),
         std::move(rest), place};
  }
  const auto at = coming_.emplace(coming_.end());
  *at = std::make_shared<WebViewer>(shared_, consoles_, std::move(visitor), std::move(u),
                                    options_.between_pings, [this, at] { coming_.erase(at); });
  const std::shared_ptr<WebViewer> viewer = *at;
  viewer->start();
}

void FrontWeb::session(const ExchangePtr& e) {
  const auto shake = http::websocket::handshake(e->request(), {"tty"});
  if (shake.problem) return refuse_handshake(e, *shake.problem);
  const Visitor visitor{"web", e->peer(), {}, e->user()};
  e->upgrade(shake.fields, [this, visitor](http::Upgraded u) {
    Result<base::Fd> fd = relays_.join(std::move(u), websocket_forms(true));
    if (fd) options_.console_port(std::move(*fd), visitor);
  });
}

void FrontWeb::raw(const ExchangePtr& e) {
  const auto shake = http::websocket::handshake(e->request(), {});
  if (shake.problem) return refuse_handshake(e, *shake.problem);
  Console* console = consoles_.find(options_.raw_console);
  if (console == nullptr || !console->may_attach()) {
    return refuse(e, 503, "busy", "the console cannot be attached to");
  }
  e->upgrade(shake.fields, [this, who = e->peer(), user = e->user()](http::Upgraded u) {
    Console* c = consoles_.find(options_.raw_console);
    if (c == nullptr) return;
    Result<base::Fd> fd = relays_.join(std::move(u), websocket_forms(false));
    if (!fd) return;
    Admission a;
    a.visitor = {"web", who, {}, user};
    a.from = c->seen().shown;
    c->attach(std::move(*fd), std::move(a));
  });
}

}  // namespace consoled
