// websocket (RFC 6455), the server's side: the handshake, messages out of bytes, and frames for
// what is sent. Pure. The frames of a client are read by wslay, which stays in websocket.cc.
//
// No extension is agreed on. A face that sends console bytes gives kBinaryFraming to the Fanout, so
// that they go from the ring to the socket.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/request.h"
#include "lib/net/fanout.h"

struct wslay_event_context;

namespace http::websocket {

struct Handshake {
  std::optional<Problem> problem;  // else the fields of a 101
  Fields fields;
  std::string protocol;  // the first of `protocols` that the client offers; empty: none of them
};
Handshake handshake(const Request& request, const std::vector<std::string_view>& protocols);

enum class Kind : uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// The reasons of a close (RFC 6455, 7.4.1).
enum Code : uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kPolicy = 1008,
  kTooBig = 1009,
};

// A whole frame. The reason of a close is cut to what fits.
std::string frame(Kind kind, std::string_view payload);
std::string close_frame(uint16_t code, std::string_view reason);
// The header of a frame of n bytes, at most net::Framing::kMaxHeader; its length.
size_t frame_header(Kind kind, size_t n, char* out);
// The stream in binary messages; notes and the loss marker, which are no part of it, in text ones.
extern const net::Framing kBinaryFraming;

struct Message {
  Kind kind = Kind::binary;  // text (valid UTF-8) or binary
  std::string payload;
};

// What a client sends. Pings are answered, and a close; what breaks the rules is answered with a
// close and is the end.
class Reader {
 public:
  explicit Reader(size_t max_message);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void feed(std::string_view bytes);
  // The next whole message.
  std::optional<Message> next();
  // Frames to be sent.
  std::string take_replies();
  // No more messages come: the client closed, or broke a rule.
  bool over() const;
  // Something was heard since it was last asked: a pong counts.
  bool take_heard() { return std::exchange(heard_, false); }

 private:
  struct Callbacks;
  struct Free {
    void operator()(wslay_event_context* c) const;
  };
  std::unique_ptr<wslay_event_context, Free> context_;
  std::string_view input_;
  std::deque<Message> messages_;
  std::string replies_;
  bool broken_ = false;
  bool heard_ = false;
};

}  // namespace http::websocket
