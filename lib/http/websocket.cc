#include "lib/http/websocket.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <array>

#include "lib/base/check.h"
#include "lib/crypto/digest.h"

namespace http::websocket {

namespace {
constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr size_t kKeySize = 24;  // 16 bytes in base64
constexpr size_t kMaxControl = 125;
constexpr size_t kMaxPayload = size_t{32} * 1024;

bool is_key(std::string_view key) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return key.size() == kKeySize && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, plain);
}

size_t binary_header(size_t n, char* out) {
  return frame_header(Kind::binary, n, out);
}

size_t text_header(size_t n, char* out) {
  return frame_header(Kind::text, n, out);
}
}  // namespace

const net::Framing kBinaryFraming{kMaxPayload, binary_header, text_header};

Handshake handshake(const Request& request, const std::vector<std::string_view>& protocols) {
  Handshake out;
  const Fields& f = request.fields;
  const std::string_view key = f.get("Sec-WebSocket-Key");
  if (request.method != "GET" || request.version < 11 || !f.has_word("Upgrade", "websocket") ||
      !f.has_word("Connection", "Upgrade") || f.count("Sec-WebSocket-Key") != 1 || !is_key(key)) {
    out.problem = {400, "not_websocket", "not websocket protocol"};
    return out;
  }
  if (f.get("Sec-WebSocket-Version") != "13") {
    out.problem = {426, "websocket_version", "the only version of websocket spoken here is 13"};
    out.fields.add("Sec-WebSocket-Version", "13");
    return out;
  }
  out.fields.add("Upgrade", "websocket");
  out.fields.add("Connection", "Upgrade");
  out.fields.add("Sec-WebSocket-Accept", crypto::sha1_base64(std::string(key).append(kMagic)));
  const auto offered = std::find_if(
      protocols.begin(), protocols.end(),
      [&](std::string_view protocol) { return f.has_word("Sec-WebSocket-Protocol", protocol); });
  if (offered != protocols.end()) {
    out.protocol = *offered;
    out.fields.add("Sec-WebSocket-Protocol", *offered);
  }
  return out;
}

size_t frame_header(Kind kind, size_t n, char* out) {
  constexpr unsigned kLast = 0x80;
  const auto byte = [n](unsigned shift) { return static_cast<char>((n >> shift) & 0xffU); };
  size_t at = 0;
  out[at++] = static_cast<char>(kLast | static_cast<unsigned>(kind));
  if (n <= 125) {
    out[at++] = static_cast<char>(n);
  } else if (n <= 0xffff) {
    out[at++] = 126;
    for (const unsigned shift : {8U, 0U}) out[at++] = byte(shift);
  } else {
    out[at++] = 127;
    for (unsigned shift = 64; shift > 0; shift -= 8) out[at++] = byte(shift - 8);
  }
  return at;
}

std::string frame(Kind kind, std::string_view payload) {
  std::array<char, net::Framing::kMaxHeader> header{};
  const size_t n = frame_header(kind, payload.size(), header.data());
  std::string out;
  out.reserve(n + payload.size());
  return out.append(header.data(), n).append(payload);
}

std::string close_frame(uint16_t code, std::string_view why) {
  std::string payload;
  payload += static_cast<char>(code >> 8U);
  payload += static_cast<char>(code & 0xffU);
  const auto within = [why](size_t at) {
    return (static_cast<unsigned char>(why[at]) & 0xc0U) == 0x80;
  };
  size_t n = std::min(why.size(), kMaxControl - payload.size());
  while (n > 0 && n < why.size() && within(n)) n--;  // a reason is whole characters
  return frame(Kind::close, payload.append(why.substr(0, n)));
}

struct Reader::Callbacks {
  static ssize_t take(wslay_event_context_ptr context, uint8_t* out, size_t size, int /*flags*/,
                      void* self) noexcept {
    std::string_view& input = static_cast<Reader*>(self)->input_;
    if (input.empty()) wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    if (input.empty()) return -1;
    const size_t n = input.copy(reinterpret_cast<char*>(out), size);
    input.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  static ssize_t reply(wslay_event_context_ptr /*context*/, const uint8_t* bytes, size_t size,
                       int /*flags*/, void* self) noexcept {
    static_cast<Reader*>(self)->replies_.append(reinterpret_cast<const char*>(bytes), size);
    return static_cast<ssize_t>(size);
  }
  static void message(wslay_event_context_ptr /*context*/, const wslay_event_on_msg_recv_arg* arg,
                      void* self) noexcept {
    auto* reader = static_cast<Reader*>(self);
    reader->heard_ = true;
    if (wslay_is_ctrl_frame(arg->opcode)) return;
    reader->messages_.push_back(
        {static_cast<Kind>(arg->opcode),
         std::string(reinterpret_cast<const char*>(arg->msg), arg->msg_length)});
  }
};

void Reader::Free::operator()(wslay_event_context* c) const {
  wslay_event_context_free(c);
}

Reader::Reader(size_t max_message) {
  const wslay_event_callbacks callbacks{
      Callbacks::take, Callbacks::reply, nullptr, nullptr, nullptr, nullptr, Callbacks::message};
  wslay_event_context_ptr context = nullptr;
  CHECK(wslay_event_context_server_init(&context, &callbacks, this) == 0);
  context_.reset(context);
  wslay_event_config_set_max_recv_msg_length(context, max_message);
}

Reader::~Reader() = default;

void Reader::feed(std::string_view bytes) {
  if (over()) return;
  input_ = bytes;
  broken_ = wslay_event_recv(context_.get()) != 0;
  broken_ = wslay_event_send(context_.get()) != 0 || broken_;
  // Of some faults wslay only says that they are there.
  if (over() && replies_.empty()) replies_ = close_frame(kProtocolError, {});
  input_ = {};
}

std::optional<Message> Reader::next() {
  if (messages_.empty()) return {};
  Message out = std::move(messages_.front());
  messages_.pop_front();
  return out;
}

std::string Reader::take_replies() {
  return std::exchange(replies_, {});
}

bool Reader::over() const {
  return broken_ || wslay_event_get_read_enabled(context_.get()) == 0;
}

}  // namespace http::websocket
