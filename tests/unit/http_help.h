// A server on a unix socket and on a TCP port of 127.0.0.1, and clients that type bytes at it.
#pragma once

#include <netinet/in.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/http/server.h"
#include "lib/net/address.h"
#include "tests/unit/help.h"

namespace http_help {

struct House {
  explicit House(http::Handler handler, http::Server::Options options = {}) {
    base::Result<base::Fd> tcp = net::bind_listen(*net::tcp_address("127.0.0.1:0"), {});
    REQUIRE(tcp);
    socklen_t size = sizeof address;
    ::getsockname(tcp->get(), reinterpret_cast<sockaddr*>(&address), &size);
    server = std::make_unique<http::Server>(loop, std::move(*tcp), "", std::move(handler),
                                            std::move(options));
  }
  help::Far client(int receive_buffer = 0) {
    base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0) {
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return help::Far(std::move(fd));
  }
  // Sends, and waits until that came back.
  bool hears(help::Far& far, std::string_view question, std::string_view answer) {
    far.send(question);
    return help::run_until(loop, [&] { return far.has(answer); });
  }
  bool ends(help::Far& far) {
    return help::run_until(loop, [&] { return far.at_end(); });
  }

  net::Loop loop;
  sockaddr_in address{};
  std::unique_ptr<http::Server> server;
};

inline std::string get(std::string_view path, std::string_view more = "") {
  return base::cat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\n", more, "\r\n");
}

// A client's frame: masked.
inline std::string from_client(unsigned first, std::string_view payload,
                               size_t claimed = SIZE_MAX) {
  const std::string_view mask = "\x11\x22\x33\x44";
  std::string out(1, static_cast<char>(first));
  const size_t n = claimed == SIZE_MAX ? payload.size() : claimed;
  if (n < 126) {
    out += static_cast<char>(0x80U | n);
  } else if (n < 65536) {
    out += '\xfe';
    out += static_cast<char>(n >> 8U);
    out += static_cast<char>(n & 255U);
  } else {
    out += '\xff';
    for (unsigned shift = 64; shift > 0; shift -= 8) out += static_cast<char>(n >> (shift - 8));
  }
  out += mask;
  for (size_t i = 0; i < payload.size(); i++) {
    out += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  }
  return out;
}

}  // namespace http_help
