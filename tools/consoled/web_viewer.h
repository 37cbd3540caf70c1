// web_viewer: a viewer in a browser, by our own websocket dialect, lineman.v1 (lineman-web(7)). It
// begins with a text message that asks to attach; then binary messages are the console's bytes and
// the keys, and text messages commands and their answers, in JSON.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/http/exchange.h"
#include "lib/http/websocket.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/wire/json.h"
#include "tools/consoled/consoles.h"

namespace consoled {

inline constexpr std::string_view kWebProtocol = "lineman.v1";

// One websocket, from its handshake to its end. Owned by FrontWeb until it is attached, and then by
// its viewer.
class WebViewer : public std::enable_shared_from_this<WebViewer> {
 public:
  // `gone` is called from the loop, once: it was not attached, or is a viewer now.
  WebViewer(Shared& shared, Consoles& consoles, Visitor visitor, http::Upgraded upgraded,
            base::Duration between_pings, std::function<void()> gone);
  WebViewer(const WebViewer&) = delete;
  WebViewer& operator=(const WebViewer&) = delete;

  // Reads on; once, after it was made.
  void start();

 private:
  void data(std::string_view bytes);
  void serve();
  base::Result<void> attach(const http::websocket::Message& message);
  void become(Console& console, Admission admission);
  void refuse(const base::Error& error);
  void end();

  // As a viewer.
  void input(Viewer& viewer, std::string_view bytes);
  void goodbye(Viewer& viewer);
  void command(Viewer& viewer, std::string_view text);
  base::Result<wire::Json> run(Viewer& viewer, const wire::Json& request);
  void look_after();

  Shared& shared_;
  Consoles& consoles_;
  Visitor visitor_;
  std::shared_ptr<void> place_;
  base::Duration between_pings_;
  std::function<void()> gone_;
  http::websocket::Reader reader_;
  std::string console_;
  Viewer* viewer_ = nullptr;
  bool asked_ = false;  // a ping is out
  bool over_ = false;
  net::Timer timer_;  // until it attached; then between pings
  std::unique_ptr<net::Stream> stream_;
};

}  // namespace consoled
