// parser: bytes to requests, and bytes to answers, strictly and piece by piece. Pure: no socket, no
// clock. The grammar of the header is Boost.Beast's, which stays in parser.cc and is given whole
// headers only; what it lets through and RFC 9112 does not is refused here: no Host or more than
// one, transfer codings other than chunked, a repeated Content-Length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/http/body.h"
#include "lib/http/request.h"

namespace http {

constexpr size_t kMaxHeader = size_t{16} * 1024;  // bytes of start line and fields together
constexpr size_t kMaxTarget = size_t{8} * 1024;

// more: wait for bytes. head: the header is there and a body follows (said once; step on).
// done: one whole message. refused: problem() says why, and nothing more is read.
enum class Step { more, head, done, refused };

// Looks for the empty line at the end of a header, so that a header is judged as a whole however it
// came; what no header may have, and one that is too long, is seen at once.
class HeadScan {
 public:
  enum class Found { nothing, end, bad_byte, long_line, long_head };
  // All bytes from the header's first; again with more.
  Found look(std::string_view bytes);
  // How many bytes the header has, once its end was found.
  size_t size() const { return at_ + 1; }

 private:
  size_t at_ = 0;
  size_t line_ = 0;  // where the line begins
  size_t lines_ = 0;
};

class RequestParser {
 public:
  explicit RequestParser(size_t max_body);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Adds bytes; step() until it says more, done or refused.
  void feed(std::string_view bytes) { buffer_ += bytes; }
  Step step();

  // From head on; the body with done.
  const Request& request() const { return request_; }
  // The request that is done; the next one begins with the bytes that are left.
  Request take();
  const Problem& problem() const { return problem_; }

  // Nothing of a request has come.
  bool idle() const;
  // Bytes that wait.
  size_t buffered() const { return buffer_.size() - at_; }
  // All that was not used, for a connection that becomes something else.
  std::string take_rest();

 private:
  class Machine;
  bool head_is_there();
  void skip_empty_line();
  bool read_head();
  Step judge_body();
  bool judge_framing();
  bool judge_target();
  bool refuse(int status, std::string_view code, std::string_view message);

  size_t max_body_;
  std::string buffer_;
  size_t at_ = 0;  // what was used
  HeadScan scan_;
  std::optional<BodyReader> body_;  // once the header was read
  bool refused_ = false;
  bool skipped_ = false;  // an empty line before this request
  Request request_;
  Problem problem_;
};

// What a server answered.
struct Answer {
  int status = 0;
  Fields fields;
  std::string body;
  bool keep_alive = false;
};

class AnswerParser {
 public:
  // `no_body`: the answer to a HEAD.
  AnswerParser(size_t max_body, bool no_body);
  ~AnswerParser();
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  void feed(std::string_view bytes) { buffer_ += bytes; }
  // The peer sends no more: ends a body that goes on until then.
  void finish();
  Step step();
  // done: the whole; head: all but the body, of which take_body() gives what came.
  Answer& answer() { return answer_; }
  std::string take_body();
  const std::string& problem() const { return problem_; }
  size_t buffered() const { return buffer_.size() - at_; }

 private:
  class Machine;
  Step read_head();
  Step refuse(std::string_view what);

  size_t max_body_;
  bool no_body_;
  std::string buffer_;
  size_t at_ = 0;
  HeadScan scan_;
  std::optional<BodyReader> body_;
  Answer answer_;
  std::string problem_;
};

}  // namespace http
