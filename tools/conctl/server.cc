#include "tools/conctl/server.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/paths.h"
#include "lib/http/target.h"
#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/peer/ask.h"
#include "lib/peer/control_name.h"
#include "lib/peer/peer.h"
#include "lib/wire/json.h"

namespace conctl {

using base::Errc;
using base::error;
using base::Result;

namespace {

struct Words {
  int status;
  std::string_view words;
};
// congo's table, and 412, which it never meets.
constexpr std::array kWords = {
    Words{400, "bad request"},        Words{401, "unauthorised"},
    Words{403, "forbidden"},          Words{404, "not found"},
    Words{405, "method not allowed"}, Words{409, "conflict"},
    Words{412, "changed meanwhile"},  Words{413, "over limit"},
    Words{415, "bad media type"},     Words{422, "unprocessable"},
    Words{429, "too many request"},   Words{500, "instance fault / server err"},
    Words{501, "not implemented"},    Words{503, "service unavailable"},
};

Errc code_of(int status) {
  switch (status) {
    case 404:
      return Errc::not_found;
    case 401:
    case 403:
      return Errc::denied;
    case 409:
    case 412:
      return Errc::busy;
    default:
      return status >= 500 ? Errc::io : Errc::bad_input;
  }
}

// "http://host:port/prefix" taken apart.
struct Url {
  bool tls = false;
  std::string host, port, prefix;
};

Result<Url> parse_url(std::string_view text) {
  const std::string whole(text);
  Url url;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) {
    return error(Errc::usage, "CONGO_URL: expected http://HOST:PORT or https://..., got ", whole);
  }
  text.remove_prefix(text.find("//") + 2);
  const size_t slash = std::min(text.find('/'), text.size());
  std::string_view host = text.substr(0, slash);
  url.prefix = text.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  const size_t bracket = host.rfind(']');
  const size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.port = colon == std::string_view::npos ? (url.tls ? "443" : "80") : host.substr(colon + 1);
  host = host.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  url.host = host;
  if (url.host.empty() || url.host.find('@') != std::string::npos) {
    return error(Errc::usage, "CONGO_URL: expected http://HOST:PORT or https://..., got ", whole);
  }
  return url;
}

}  // namespace

std::string status_words(int status) {
  for (const Words& w : kWords) {
    if (w.status == status) return base::cat("response == ", status, " ", w.words);
  }
  return "unexpected response status code";
}

namespace {
// Of the error in an answer.
std::string said_of(const http::Answer& answer, const char* key) {
  const auto body = wire::parse(answer.body);
  if (!body || !body->is_object() || !body->contains("error")) return "";
  return peer::text_of(body->at("error"), key);
}
}  // namespace

std::string reason_of(const http::Answer& answer) {
  std::string said = said_of(answer, "message");
  if (!said.empty()) return said;
  const size_t end = answer.body.find_last_not_of("\r\n");
  return answer.body.substr(0, end == std::string::npos ? 0 : end + 1);
}

base::Error refusal(const http::Answer& answer) {
  const std::string reason = reason_of(answer);
  return error(peer::code_named(said_of(answer, "code")).value_or(code_of(answer.status)),
               reason.empty() ? status_words(answer.status) : reason);
}

Server::Server(const Options& options) : options_(options) {}

std::string Server::node_path(std::string_view name) {
  return "/nodes/" + http::percent_encode(name);
}

// Our own user's first, then the system's.
std::vector<std::string> Server::places() const {
  if (!options_.socket.empty()) return {options_.socket};
  std::vector<std::string> out = {base::paths::runtime() + "/consoled.sock",
                                  base::cat(base::paths::kSystemRuntime, "/consoled.sock")};
  if (out[0] == out[1]) out.pop_back();
  return out;
}

base::Error Server::nobody() const {
  const std::vector<std::string> looked = places();
  return error(Errc::io, "no consoled at ", looked[0],
               looked.size() > 1 ? base::cat(" or ", looked[1]) : "",
               ": start one with \"lineman up consoled\" or \"systemctl start consoled\"");
}

Result<void> Server::connect_unix(base::Time deadline) {
  base::Error last;
  for (const std::string& place : places()) {
    auto link = Link::open_unix(place, deadline);
    if (link) {
      link_ = std::move(*link);
      socket_ = place;
      host_ = "localhost";
      return {};
    }
    last = link.error();
  }
  if (last.sys != ENOENT && last.sys != ECONNREFUSED) return last;
  return nobody();
}

Result<void> Server::connect(base::Time deadline) {
  if (options_.url.empty()) return connect_unix(deadline);
  const Result<Url> url = parse_url(options_.url);
  if (!url) return url.error();
  host_ = base::cat(
      url->host.find(':') == std::string::npos ? url->host : base::cat("[", url->host, "]"), ":",
      url->port);
  prefix_ = url->prefix;
  auto link = Link::open_tcp(url->host, url->port, url->tls, options_.tls, options_.host, deadline);
  if (!link) return base::in(options_.url, link.error());
  link_ = std::move(*link);
  return {};
}

Result<http::Answer> Server::exchange(const std::string& request, bool head, base::Time deadline) {
  if (Result<void> r = link_->send(request, deadline); !r) return r.error();
  http::AnswerParser parser(peer::kMaxAnswer, head);
  for (;;) {
    const http::Step step = parser.step();
    if (step == http::Step::done) return std::move(parser.answer());
    if (step == http::Step::refused) return error(Errc::bad_input, parser.problem());
    if (step == http::Step::head) continue;
    const Result<std::string_view> bytes = link_->read(deadline);
    if (!bytes) return bytes.error();
    parser.feed(*bytes);
    if (!bytes->empty()) continue;
    parser.finish();
    if (parser.step() == http::Step::done) return std::move(parser.answer());
    return base::Error{Errc::closed, ECONNRESET, "closed without an answer"};
  }
}

base::Error Server::named(const base::Error& e) const {
  return base::in(options_.url.empty() ? socket_ : options_.url, e);
}

Result<void> Server::ready(base::Time deadline) {
  return link_ ? Result<void>() : connect(deadline);
}

std::string Server::request_text(std::string_view method, std::string_view target,
                                 std::string_view body, std::string_view fields) const {
  std::string request =
      base::cat(method, " ", prefix_, target, " HTTP/1.1\r\nHost: ", host_, "\r\n");
  if (!body.empty() || method == "POST" || method == "PUT") {
    request += base::cat("Content-Type: application/json\r\nContent-Length: ", body.size(), "\r\n");
  }
  return base::cat(request, fields, "\r\n", body);
}

Result<http::Answer> Server::call(std::string_view method, std::string_view target,
                                  std::string_view body, std::string_view fields) {
  const base::Time deadline = base::Clock::now() + options_.patience;
  const bool kept = link_ != nullptr;
  if (Result<void> r = ready(deadline); !r) return r.error();
  Result<http::Answer> answer =
      exchange(request_text(method, target, body, fields), method == "HEAD", deadline);
  if (!answer || !answer->keep_alive) link_.reset();
  // A connection that was idle may have been closed meanwhile; what only looks is asked again.
  if (!answer && kept && method == "GET" && answer.error().code == Errc::closed) {
    return call(method, target, body, fields);
  }
  if (!answer) return named(answer.error());
  return answer;
}

Result<std::string> Server::ask(std::string_view method, std::string_view target,
                                std::string_view body) {
  Result<http::Answer> answer = call(method, target, body);
  if (!answer) return answer.error();
  if (answer->status / 100 == 2) return std::move(answer->body);
  return refusal(*answer);
}

Result<void> Server::get(std::string_view target,
                         const std::function<bool(std::string_view)>& take) {
  const base::Time deadline = base::Clock::now() + options_.patience;
  hang_up();
  if (Result<void> r = ready(deadline); !r) return r.error();
  if (Result<void> r = link_->send(request_text("GET", target, "", ""), deadline); !r) {
    return named(r.error());
  }
  link_->mind_reader();
  http::AnswerParser parser(SIZE_MAX, false);
  const Result<void> done = receive(parser, take, deadline);
  link_.reset();
  if (!done) return named(done.error());
  return parser.answer().status / 100 == 2 ? Result<void>() : refusal(parser.answer());
}

// To the end of the answer, or until that is enough. The body of what is no 2xx stays in it.
Result<void> Server::receive(http::AnswerParser& parser,
                             const std::function<bool(std::string_view)>& take,
                             base::Time deadline) {
  for (;;) {
    const http::Step step = parser.step();
    if (step == http::Step::refused) return error(Errc::bad_input, parser.problem());
    if (step == http::Step::head) {
      deadline = base::Time::max();
      continue;
    }
    const bool good = parser.answer().status / 100 == 2;
    if (good && !take(parser.take_body())) return {};
    if (step == http::Step::done) return {};
    const Result<std::string_view> bytes = link_->read(deadline);
    if (!bytes) return bytes.error();
    parser.feed(*bytes);
    if (!bytes->empty()) continue;
    parser.finish();
    if (parser.step() != http::Step::done)
      return base::Error{Errc::closed, ECONNRESET, "it broke off"};
  }
}

Result<std::string> Server::control_socket() const {
  if (!options_.url.empty()) {
    return error(Errc::usage, options_.command.front(),
                 ": needs consoled's control socket, which CONGO_URL does not lead to: unset it, "
                 "and use conctl on the machine of the consoled");
  }
  for (const std::string& place : places()) {
    std::string control = peer::control_name(place);
    const Result<net::Address> address = net::unix_address(control);
    if (!address) return address.error();
    const Result<bool> answers = net::answers(*address);
    if (!answers) return answers.error();
    if (*answers) return control;
  }
  return nobody();
}

}  // namespace conctl
