// client: asks one server, over a connection that somebody else made (unix, TCP, TLS). One request
// at a time, any number in a row while the server keeps the connection. For our own tools: no
// redirect is followed, no cookie kept.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/http/parser.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"

namespace http {

struct Question {
  std::string method = "GET";
  std::string target;  // path and query, percent-encoded
  Fields fields = {};  // besides Host and Content-Length
  std::string body = {};
  size_t max_body = size_t{64} << 20;  // of the answer
};

class Client {
 public:
  using Done = std::function<void(base::Result<Answer>)>;
  // A piece of the answer's body, which then is not collected.
  using Piece = std::function<void(const Answer& head, std::string_view bytes)>;

  // `host`: for the Host field.
  Client(net::Loop& loop, std::unique_ptr<net::Stream> stream, std::string host);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `done` is called once, from the loop; timeout: the whole answer was not here by `deadline`. It
  // may ask again, and may not delete the client. Not while another question is open.
  void ask(const Question& question, base::Time deadline, Done done, Piece piece = nullptr);
  // The connection is good for another question.
  bool usable() const { return usable_ && !done_; }

 private:
  void data(std::string_view bytes);
  void ended(std::optional<base::Error> error);
  void read();
  void hand_on();
  void finish(base::Result<Answer> result);

  net::Loop& loop_;
  std::string host_;
  bool usable_ = true;
  std::unique_ptr<AnswerParser> parser_;
  Done done_;
  Piece piece_;
  net::Timer deadline_;
  std::unique_ptr<net::Stream> stream_;
};

}  // namespace http
