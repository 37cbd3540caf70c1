// front_web: what a browser talks to: the page, signing in, and its websockets. It adds its routes
// to the router of a listener; those of the API are others'.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "lib/http/router.h"
#include "lib/web/files.h"
#include "lib/web/sessions.h"
#include "lib/web/tokens.h"
#include "tools/consoled/consoles.h"
#include "tools/consoled/relay.h"
#include "tools/consoled/web_viewer.h"

namespace consoled {

class FrontWeb {
 public:
  struct Options {
    std::string web_dir = {};             // our page from a folder; "": the one that is built in
    std::string dist_dir = {};            // goconserver's page, at "/"; "": ours is there, too
    std::string cookie = "lineman";       // its name
    bool tls = false;                     // cookies for TLS alone
    std::vector<std::string> hosts = {};  // names of this machine, beside addresses and localhost
    std::vector<std::string> urls = {};   // where a browser finds us: "http://127.0.0.1:12429"
    std::string sessions_file = {};       // what keeps sessions over a restart; "": nothing does
    // goconserver's /session: a connection that speaks the console port's protocol, and who is at
    // its end; null: there is none.
    std::function<void(base::Fd, Visitor)> console_port = nullptr;
    // cloud-console's /ws: the one console there is, for whoever comes, on our page too; "": none.
    std::string raw_console = {};
    base::Duration between_pings = std::chrono::seconds(30);  // to our page
  };

  static base::Result<std::unique_ptr<FrontWeb>> make(Shared& shared, Consoles& consoles,
                                                      Options options);

  // For a TCP listener: whether this is asked as it should be; else it was answered. A browser that
  // comes by a name which is not ours, or from another site's page, is misled.
  bool admits(const http::ExchangePtr& exchange) const;
  void add_routes(http::Router& router);
  // Where a browser finds us, after a reload.
  void move_to(std::vector<std::string> urls) { options_.urls = std::move(urls); }
  // For the unix socket: POST /v1/tokens, how `conctl web` gets in.
  void add_local_routes(http::Router& router);

 private:
  FrontWeb(Shared& shared, Consoles& consoles, Options options, web::Files page);

  std::optional<std::string> user_of(const http::ExchangePtr& e);
  void keep_sessions();
  void sign_in(const http::ExchangePtr& e);
  void who(const http::ExchangePtr& e);
  void sign_out(const http::ExchangePtr& e);
  void attach(const http::ExchangePtr& e);
  void give_token(const http::ExchangePtr& e);
  void upgraded(http::Upgraded upgraded, Visitor visitor);
  void session(const http::ExchangePtr& e);
  void raw(const http::ExchangePtr& e);

  Shared& shared_;
  Consoles& consoles_;
  Options options_;
  web::Files page_;
  std::unique_ptr<web::Files> dist_;
  web::Tokens tokens_;
  web::Sessions sessions_;
  Relays relays_;
  std::list<std::shared_ptr<WebViewer>> coming_;  // not attached yet
};

}  // namespace consoled
