// exchange: one request and the way to answer it, now or later. Whoever answers keeps the pointer;
// when the last one goes and nothing was answered, the client gets a 500, and what was begun and
// not ended is cut off. The connection may go first: then everything here does nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/http/request.h"
#include "lib/http/response.h"
#include "lib/net/stream.h"

namespace http {

class Connection;

// A connection that is no HTTP any more: its stream (set_events first), what the client sent behind
// its request, and its place among the server's connections, to be kept as long as the stream.
struct Upgraded {
  std::unique_ptr<net::Stream> stream;
  std::string rest;
  std::shared_ptr<void> place;
};
using Takeover = std::function<void(Upgraded)>;

class Exchange {
 public:
  Exchange(Connection* connection, Request request);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const Request& request() const { return request_; }
  // "192.0.2.1:4711", "[2001:db8::1]:4711", "uid 1000": who asks.
  const std::string& peer() const { return peer_; }
  // Whom the client's certificate is of; "": there was none.
  const std::string& user() const { return user_; }
  // Of the connection, to ask the kernel about its other end; -1 when it is gone.
  int fd() const;

  // The whole answer. Once.
  void respond(const Response& response);

  // The answer piece by piece: begin() once (the body in `head` is its first piece), write() while
  // not full(), then end(). on_room: was full, and is not any more.
  void begin(const Response& head);
  void write(std::string_view bytes);
  bool full() const;
  void on_room(std::function<void()> room) { room_ = std::move(room); }
  // How long this answer may find nobody who takes it, instead of what the server's rule is.
  void be_patient(base::Duration stall);
  void end();

  // Answers 101 with these fields; the connection is handed over from the loop, soon.
  void upgrade(const Fields& fields, Takeover takeover);

  bool answered() const { return state_ != State::open; }
  // The connection broke, or was closed for its silence. Not called after the answer's end.
  void on_gone(std::function<void()> gone) { gone_ = std::move(gone); }
  bool gone() const { return connection_ == nullptr && state_ != State::done; }

 private:
  friend class Connection;
  enum class State { open, begun, done };
  void connection_gone();
  bool head_only() const { return request_.method == "HEAD"; }

  Connection* connection_;
  Request request_;
  std::string peer_, user_;
  State state_ = State::open;
  bool chunked_ = false;
  std::function<void()> room_, gone_;
};

using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace http
