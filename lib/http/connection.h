// connection: one client of a Server: requests in, answers out, in order, one at a time. Owned by
// its Server. Use Server and Exchange; this header is theirs.
//
// It reads no further request while one is being answered or while its answers are not taken, and
// each thing that it waits for has a deadline: a header, a body, the next request, progress of an
// answer, and the client's last word after ours (so that a late reader still gets it).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/http/exchange.h"
#include "lib/http/parser.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"

namespace http {

struct Patience {
  base::Duration header = std::chrono::seconds(10);  // from its first byte to its last
  base::Duration body = std::chrono::seconds(60);    // from the header's end
  base::Duration idle = std::chrono::seconds(60);    // between requests
  base::Duration stall = std::chrono::seconds(30);   // an answer of which nothing is taken
  base::Duration linger = std::chrono::seconds(5);   // after our last word
};

// What connections of one server share; outlives them.
struct ConnectionRules {
  net::Loop& loop;
  size_t max_body;
  Patience patience;
  std::function<void(const ExchangePtr&)> handler;
  std::function<const std::string&()> date;
  // A TLS handshake that failed; null: nobody is told.
  std::function<void(std::string_view who, std::string_view why)> refused = nullptr;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using MakeStream = std::function<base::Result<std::unique_ptr<net::Stream>>(
      base::Fd, net::Stream::Events events)>;

  // `gone` is called from the loop, once: the place to delete it.
  Connection(const ConnectionRules& rules, std::string peer, std::shared_ptr<void> place,
             std::function<void()> gone);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  base::Result<void> open(base::Fd fd, const MakeStream& make_stream);

 private:
  friend class Exchange;
  // idle: between requests. head, body: in the middle of one. busy: it is being answered. closing:
  // our last word was said. over: nothing more happens.
  enum class State { idle, head, body, busy, closing, over };

  void data(std::string_view bytes);
  void ended(const std::optional<base::Error>& error);
  void low_water();
  void timed_out();
  void serve();
  bool serve_one();
  void refuse(const Problem& problem);
  void enter(State state);
  base::Duration patience() const;
  void hold_back();
  bool stalled();
  void close_soon();
  void give_away();
  void gone();

  // For Exchange.
  void send_head(const Response& r, Framing framing, const Request& request);
  void send(std::string_view bytes);
  void answered();
  void cut();
  void hand_over(Takeover takeover);

  const ConnectionRules& rules_;
  std::string peer_;
  std::shared_ptr<void> place_;
  std::function<void()> gone_;
  base::Duration stall_;  // of this answer
  RequestParser parser_;
  State state_ = State::idle;
  Exchange* exchange_ = nullptr;  // being answered
  bool keep_alive_ = true;        // after this answer
  bool serving_ = false;
  bool input_over_ = false;
  bool shaking_ = false;  // TLS, and nothing was heard yet
  bool held_back_ = false;
  Takeover takeover_;
  uint64_t queued_ = 0;  // bytes given to the stream, ever
  uint64_t taken_ = 0;   // of them, what the socket had taken at
  base::Time taken_at_{};
  net::Timer deadline_;
  net::Timer next_;
  std::unique_ptr<net::Stream> stream_;
};

}  // namespace http
