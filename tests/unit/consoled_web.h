// The web face as main builds it, with its consoles, on a port of 127.0.0.1.
#pragma once

#include <memory>
#include <string>

#include "lib/http/client.h"
#include "tests/unit/consoled_house.h"
#include "tests/unit/http_help.h"
#include "tools/consoled/front_web.h"

namespace help_web {

using consoled::FrontWeb;
using help::Far;
using help::run_until;

struct Web {
  explicit Web(FrontWeb::Options options = {}, http::Server::Options listener = {})
      : house(dir.path()) {
    auto made = FrontWeb::make(*house.shared, *house.consoles, std::move(options));
    REQUIRE(made);
    face = std::move(*made);
    face->add_routes(router);
    face->add_local_routes(router);
    const auto address = net::tcp_address("127.0.0.1:0");
    auto socket = net::bind_listen(*address, {});
    REQUIRE(socket);
    socklen_t size = sizeof name;
    ::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&name), &size);
    server = std::make_unique<http::Server>(
        house.loop, std::move(*socket), "",
        [this](const http::ExchangePtr& e) {
          if (face->admits(e)) router.answer(e);
        },
        std::move(listener));
  }
  Far connect() {
    base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    return Far(std::move(fd));
  }
  http::Answer ask(const http::Question& q) {
    base::Fd fd = std::move(connect().fd);
    http::Client client(
        house.loop,
        dial ? dial(std::move(fd))
             : std::make_unique<net::Stream>(house.loop, std::move(fd), net::Stream::Events{}),
        "localhost");
    std::optional<base::Result<http::Answer>> got;
    client.ask(q, base::Clock::now() + help::kPatience,
               [&](base::Result<http::Answer> a) { got = std::move(a); });
    REQUIRE(run_until(house.loop, [&] { return got.has_value(); }));
    REQUIRE(*got);
    return std::move(**got);
  }
  std::string token() {
    const std::string body = ask({.method = "POST", .target = "/v1/tokens"}).body;
    return nlohmann::json::parse(body).at("token");
  }
  http::Answer sign_in(const std::string& token) {
    return ask(
        {.method = "POST", .target = "/v1/session", .body = R"({"token":")" + token + "\"}"});
  }
  std::string cookie() {
    const http::Answer a = sign_in(token());
    REQUIRE(a.status == 201);
    const std::string_view set = a.fields.get("Set-Cookie");
    return std::string(set.substr(0, set.find(';')));
  }
  // A websocket, up to its 101.
  Far socket(const std::string& cookie, std::string_view more = "",
             std::string_view path = "/v1/attach", std::string_view protocol = "lineman.v1") {
    Far far = connect();
    far.send(base::cat("GET ", path,
                       " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                       protocol.empty() ? "" : "Sec-WebSocket-Protocol: ", protocol,
                       protocol.empty() ? "" : "\r\n", "Cookie: ", cookie, "\r\n", more, "\r\n"));
    return far;
  }

  help::Folder dir;
  help::House house;
  http::Router router{true};
  std::unique_ptr<FrontWeb> face;
  sockaddr_in name{};
  std::unique_ptr<http::Server> server;
  std::function<std::unique_ptr<net::Stream>(base::Fd)> dial;  // null: plain
};

}  // namespace help_web
