// attach_port: the handshake of goconserver's console port.
#include <cerrno>

#include <nlohmann/json.hpp>

#include "lib/net/frames.h"
#include "lib/wire/json.h"
#include "tools/conctl/attach.h"
#include "tools/conctl/names.h"

namespace conctl {

using base::Errc;
using base::error;
using base::Result;
using wire::Json;

namespace {

enum Action : int { kStart = 1, kRedirect = 3, kOk = 4, kRetry = 5 };
constexpr int kMostRedirects = 5;
constexpr std::string_view kNoNode = "Node not exist";  // goconserver's words

struct Port {
  std::string host, port;
};

// One frame; what came behind it is left in `rest`.
Result<std::string> read_frame(Link& link, std::string& rest, base::Time deadline) {
  net::FrameReader reader;
  for (;;) {
    const Result<std::string_view> bytes = link.read(deadline);
    if (!bytes) return bytes.error();
    if (bytes->empty()) return base::Error{Errc::closed, ECONNRESET, "closed by the server"};
    std::string_view left = *bytes;
    const auto frame = reader.next(left);
    if (!frame) return frame.error();
    if (!*frame) continue;
    rest = left;
    return std::string(**frame);
  }
}

Result<Json> greet(Link& link, const std::string& console, std::string& rest, base::Time deadline) {
  const std::string hello = wire::dump({{"action", static_cast<int>(kStart)}, {"node", console}});
  if (Result<void> r = link.send(net::frames_of(hello), deadline); !r) return r.error();
  const Result<std::string> frame = read_frame(link, rest, deadline);
  if (!frame) return frame.error();
  Result<Json> answer = wire::parse(*frame);
  if (!answer) return answer;
  const auto action = answer->is_object() ? answer->find("action") : answer->end();
  if (answer->is_object() && action != answer->end() && action->is_number_integer()) return answer;
  return error(Errc::bad_input, "an answer without action: is this a console port?");
}

}  // namespace

Result<Attached> attach_port(const Options& options, const std::string& console,
                             base::Time deadline) {
  Port at{options.host, options.port};
  for (int hop = 0; hop <= kMostRedirects; hop++) {
    const std::string name = base::cat(at.host, ":", at.port);
    auto link =
        Link::open_tcp(at.host, at.port, options.tls.given(), options.tls, at.host, deadline);
    if (!link) return base::in(name, link.error());
    Attached a;
    const Result<Json> answer = greet(**link, console, a.joined.first, deadline);
    if (!answer) return base::in(name, answer.error());
    const int action = answer->at("action").get<int>();
    if (action == kOk) {
      a.stream = (*link)->take();
      a.port = true;
      a.link = std::move(*link);
      return a;
    }
    if (action == kRedirect) {
      at = {text_of(*answer, "host"), text_of(*answer, "console_port")};
      continue;
    }
    const std::string why = text_of(*answer, "msg");
    if (why == kNoNode) return error(Errc::not_found, why);
    return error(Errc::denied, !why.empty() ? why : action == kRetry ? "try again" : "refused");
  }
  return error(Errc::io, "sent from one server to the next, ", kMostRedirects, " times");
}

}  // namespace conctl
