#include "lib/http/parser.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "lib/base/cat.h"
#include "lib/http/target.h"

namespace http {

namespace beast = boost::beast::http;

namespace {

constexpr size_t kCompactAt = size_t{64} * 1024;

std::string_view std_view(boost::core::string_view s) {
  return {s.data(), s.size()};
}

// Beast's grammar of a header; what it finds is kept here.
template <bool is_request>
class Grammar : public beast::basic_parser<is_request> {
 public:
  std::string method, target;
  int status = 0;
  int version = 11;
  Fields fields;
  bool head_done = false;

  Grammar() {
    this->header_limit(kMaxHeader + 1);
    this->skip(true);  // the body is ours
  }

  boost::system::error_code read(std::string_view head) {
    boost::system::error_code ec;
    this->put(boost::asio::const_buffer(head.data(), head.size()), ec);
    return ec;
  }

 private:
  using Ec = boost::beast::error_code;
  using View = boost::beast::string_view;
  using Length = boost::optional<std::uint64_t>;

  void on_request_impl(beast::verb /*verb*/, View text, View where, int minor,
                       Ec& /*ec*/) override {
    method = std_view(text);
    target = std_view(where);
    version = minor;
  }
  void on_response_impl(int code, View /*reason*/, int minor, Ec& /*ec*/) override {
    status = code;
    version = minor;
  }
  void on_field_impl(beast::field /*name*/, View name, View value, Ec& /*ec*/) override {
    fields.add(std_view(name), std_view(value));
  }
  void on_header_impl(Ec& /*ec*/) override { head_done = true; }
  void on_body_init_impl(const Length& /*length*/, Ec& /*ec*/) override {}
  size_t on_body_impl(View bytes, Ec& /*ec*/) override { return bytes.size(); }
  void on_chunk_header_impl(std::uint64_t /*size*/, View /*extensions*/, Ec& /*ec*/) override {}
  size_t on_chunk_body_impl(std::uint64_t /*remain*/, View bytes, Ec& /*ec*/) override {
    return bytes.size();
  }
  void on_finish_impl(Ec& /*ec*/) override {}
};

bool valid_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
}

void use_up(std::string& buffer, size_t& at, size_t used) {
  at += used;
  if (at == buffer.size()) {
    buffer.clear();
    at = 0;
  } else if (at >= kCompactAt) {
    buffer.erase(0, at);
    at = 0;
  }
}

}  // namespace

HeadScan::Found HeadScan::look(std::string_view bytes) {
  for (; at_ < bytes.size(); at_++) {
    const auto c = static_cast<unsigned char>(bytes[at_]);
    if (c == '\n') {
      if (at_ == 0 || bytes[at_ - 1] != '\r') return Found::bad_byte;
      const bool empty_line = at_ == line_ + 1;
      lines_++;
      line_ = at_ + 1;
      if (empty_line) return Found::end;
    } else if ((c < 0x20 && c != '\r' && c != '\t') || c == 0x7f) {
      return Found::bad_byte;
    }
    if (at_ >= kMaxHeader) return lines_ == 0 ? Found::long_line : Found::long_head;
  }
  return Found::nothing;
}

class RequestParser::Machine : public Grammar<true> {};
class AnswerParser::Machine : public Grammar<false> {};

RequestParser::RequestParser(size_t max_body) : max_body_(max_body) {}

RequestParser::~RequestParser() = default;

bool RequestParser::idle() const {
  return !body_ && buffered() == 0;
}

Step RequestParser::step() {
  if (refused_) return Step::refused;
  if (!body_) {
    if (!head_is_there()) return refused_ ? Step::refused : Step::more;
    if (!read_head()) return Step::refused;
    if (body_->state() == BodyReader::State::more) return Step::head;
  }
  use_up(buffer_, at_, body_->take(std::string_view(buffer_).substr(at_), request_.body));
  return judge_body();
}

bool RequestParser::head_is_there() {
  skip_empty_line();
  switch (scan_.look(std::string_view(buffer_).substr(at_))) {
    case HeadScan::Found::nothing:
      return false;
    case HeadScan::Found::end:
      return true;
    case HeadScan::Found::long_line:
      return refuse(414, "uri_too_long", "the request's target is too long");
    case HeadScan::Found::long_head:
      return refuse(431, "header_too_large",
                    base::cat("the header is longer than ", kMaxHeader, " bytes"));
    case HeadScan::Found::bad_byte:
      break;
  }
  return refuse(400, "bad_request",
                "not HTTP: a control character, or a line that ends in LF alone");
}

// As some send it behind a body: one is nothing (RFC 9112, 2.2).
void RequestParser::skip_empty_line() {
  constexpr std::string_view kEmpty = "\r\n";
  if (skipped_ || !std::string_view(buffer_).substr(at_).starts_with(kEmpty)) return;
  skipped_ = true;
  use_up(buffer_, at_, kEmpty.size());
  scan_ = {};
}

bool RequestParser::read_head() {
  Machine machine;
  const boost::system::error_code ec =
      machine.read(std::string_view(buffer_).substr(at_, scan_.size()));
  use_up(buffer_, at_, scan_.size());
  if (ec == beast::error::bad_version) {
    return refuse(505, "http_version", "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  if (ec || !machine.head_done) {
    return refuse(400, "bad_request", base::cat("not HTTP: ", ec.message()));
  }
  request_.method = std::move(machine.method);
  request_.target = std::move(machine.target);
  request_.version = machine.version;
  request_.keep_alive = machine.keep_alive();
  request_.fields = std::move(machine.fields);
  if (!judge_framing() || !judge_target()) return false;
  const bool chunked = request_.fields.count("Transfer-Encoding") > 0;
  body_ = chunked ? BodyReader::of_chunks(max_body_)
                  : BodyReader::of_length(machine.content_length().value_or(0), max_body_);
  return body_->state() != BodyReader::State::too_large || judge_body() != Step::refused;
}

Step RequestParser::judge_body() {
  switch (body_->state()) {
    case BodyReader::State::more:
      return Step::more;
    case BodyReader::State::done:
      return Step::done;
    case BodyReader::State::bad:
      refuse(400, "bad_request", "not HTTP: the body's chunks are none");
      break;
    case BodyReader::State::too_large:
      refuse(413, "too_large", base::cat("the body is longer than ", max_body_, " bytes"));
      break;
    case BodyReader::State::long_line:
      refuse(431, "header_too_large", "a chunk's header, or what follows the last, is too long");
      break;
  }
  return Step::refused;
}

bool RequestParser::judge_framing() {
  const Fields& f = request_.fields;
  const size_t codings = f.count("Transfer-Encoding");
  if (codings > 0 && request_.version < 11) {
    return refuse(400, "bad_request", "a transfer coding in HTTP/1.0");
  }
  if (codings > 0 && !same_word(f.get("Transfer-Encoding"), "chunked")) {
    return refuse(501, "transfer_coding", "the only transfer coding spoken here is chunked");
  }
  const size_t lengths = f.count("Content-Length");
  if (codings > 1 || lengths > 1 || (codings > 0 && lengths > 0) ||
      f.get("Content-Length").find(',') != std::string_view::npos) {
    return refuse(400, "bad_request", "the length of the body is said more than once");
  }
  if (f.count("Expect") > 0 && !same_word(f.get("Expect"), "100-continue")) {
    return refuse(417, "expectation", "the only expectation met here is 100-continue");
  }
  return true;
}

bool RequestParser::judge_target() {
  if (request_.target.size() > kMaxTarget) {
    return refuse(414, "uri_too_long", "the request's target is too long");
  }
  const Fields& f = request_.fields;
  if (f.count("Host") > 1 || (f.count("Host") == 0 && request_.version >= 11)) {
    return refuse(400, "bad_request", "a request has one Host");
  }
  base::Result<Target> target = parse_target(request_.target);
  if (!target) return refuse(400, "bad_request", target.error().what);
  request_.host = target->authority.empty() ? std::string(f.get("Host")) : target->authority;
  if (!valid_host(f.get("Host")) || !valid_host(request_.host)) {
    return refuse(400, "bad_request", "the Host is no name or address");
  }
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);
  return true;
}

bool RequestParser::refuse(int status, std::string_view code, std::string_view message) {
  problem_ = {status, std::string(code), std::string(message)};
  refused_ = true;
  request_.keep_alive = false;
  return false;
}

Request RequestParser::take() {
  skipped_ = false;
  scan_ = {};
  body_.reset();
  return std::exchange(request_, {});
}

std::string RequestParser::take_rest() {
  std::string rest = buffer_.substr(at_);
  buffer_.clear();
  at_ = 0;
  return rest;
}

AnswerParser::AnswerParser(size_t max_body, bool no_body)
    : max_body_(max_body), no_body_(no_body) {}

AnswerParser::~AnswerParser() = default;

Step AnswerParser::step() {
  if (!problem_.empty()) return Step::refused;
  while (!body_) {
    const HeadScan::Found found = scan_.look(std::string_view(buffer_).substr(at_));
    if (found == HeadScan::Found::nothing) return Step::more;
    if (found != HeadScan::Found::end) return refuse("its header is not HTTP, or too long");
    if (const Step step = read_head(); step != Step::more) return step;
  }
  use_up(buffer_, at_, body_->take(std::string_view(buffer_).substr(at_), answer_.body));
  if (body_->state() == BodyReader::State::more) return Step::more;
  if (body_->state() == BodyReader::State::done) return Step::done;
  if (body_->state() == BodyReader::State::too_large) {
    return refuse(base::cat("its body is longer than ", max_body_, " bytes"));
  }
  return refuse("its body is not HTTP");
}

// more: it was an interim one.
Step AnswerParser::read_head() {
  Machine machine;
  const boost::system::error_code ec =
      machine.read(std::string_view(buffer_).substr(at_, scan_.size()));
  use_up(buffer_, at_, scan_.size());
  scan_ = {};
  if (ec || !machine.head_done) return refuse(base::cat("not HTTP: ", ec.message()));
  constexpr int kSwitching = 101;
  if (machine.status / 100 == 1 && machine.status != kSwitching) return Step::more;  // "continue"
  answer_.status = machine.status;
  answer_.fields = std::move(machine.fields);
  answer_.keep_alive = machine.keep_alive();
  const bool coded = answer_.fields.count("Transfer-Encoding") > 0;
  if (coded && !same_word(answer_.fields.get("Transfer-Encoding"), "chunked")) {
    return refuse("its transfer coding is not chunked");
  }
  const auto length = machine.content_length();
  if (no_body_ || machine.status / 100 == 1 || machine.status == 204 || machine.status == 304) {
    body_ = BodyReader::of_length(0, 0);
  } else if (coded) {
    body_ = BodyReader::of_chunks(max_body_);
  } else {
    body_ = length ? BodyReader::of_length(*length, max_body_) : BodyReader::until_end(max_body_);
    answer_.keep_alive = answer_.keep_alive && length.has_value();
  }
  return Step::head;
}

void AnswerParser::finish() {
  if (body_) body_->end();
  if (!body_ || body_->state() != BodyReader::State::done) {
    if (problem_.empty()) refuse("it was cut off");
  }
}

Step AnswerParser::refuse(std::string_view what) {
  problem_ = base::cat("the answer: ", what);
  return Step::refused;
}

std::string AnswerParser::take_body() {
  return std::exchange(answer_.body, {});
}

}  // namespace http
