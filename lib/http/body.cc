#include "lib/http/body.h"

#include <algorithm>

namespace http {

namespace {
constexpr size_t kMaxSizeLine = 1024;
constexpr size_t kMaxTrailer = size_t{16} * 1024;
constexpr size_t kMaxSizeDigits = 16;
}  // namespace

BodyReader BodyReader::of_length(uint64_t length, uint64_t max) {
  BodyReader out(At::length, length, max);
  if (length > max) out.state_ = State::too_large;
  if (length == 0) out.state_ = State::done;
  return out;
}

size_t BodyReader::take(std::string_view bytes, std::string& out) {
  size_t used = 0;
  while (state_ == State::more && used < bytes.size()) {
    if (at_ == At::length || at_ == At::data || at_ == At::all) {
      used += take_data(bytes.substr(used), out);
    } else {
      take_line_byte(bytes[used++]);
    }
  }
  return used;
}

void BodyReader::end() {
  if (state_ == State::more) state_ = at_ == At::all ? State::done : State::bad;
}

size_t BodyReader::take_data(std::string_view bytes, std::string& out) {
  const auto n = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  out.append(bytes.substr(0, n));
  left_ -= n;
  if (at_ == At::all && n < bytes.size()) state_ = State::too_large;
  if (left_ == 0 && at_ == At::length) state_ = State::done;
  if (left_ == 0 && at_ == At::data) at_ = At::data_end;
  return n;
}

// A line ends in CR LF; neither stands alone in one, nor any other control character.
void BodyReader::take_line_byte(char c) {
  const bool after_cr = line_.ends_with('\r');
  if (after_cr != (c == '\n') ||
      (static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\n' && c != '\t')) {
    state_ = State::bad;
    return;
  }
  line_ += c;
  if (at_ == At::trailer) trailer_bytes_++;
  if (c == '\n') {
    line_done();
  } else if (line_.size() > (at_ == At::trailer ? kMaxTrailer : kMaxSizeLine) ||
             trailer_bytes_ > kMaxTrailer) {
    state_ = State::long_line;
  }
}

void BodyReader::line_done() {
  line_.resize(line_.size() - 2);
  if (at_ == At::size) {
    begin_chunk();
  } else if (at_ == At::data_end) {
    if (!line_.empty()) state_ = State::bad;
    at_ = At::size;
  } else if (line_.empty()) {
    state_ = State::done;
  }
  line_.clear();
}

void BodyReader::begin_chunk() {
  const size_t digits = std::min(line_.find_first_not_of("0123456789abcdefABCDEF"), line_.size());
  const size_t next = line_.find_first_not_of(" \t", digits);
  if (digits == 0 || digits > kMaxSizeDigits || (next != std::string::npos && line_[next] != ';')) {
    state_ = State::bad;
    return;
  }
  left_ = std::stoull(line_.substr(0, digits), nullptr, 16);
  if (left_ > max_) {
    state_ = State::too_large;
    return;
  }
  max_ -= left_;
  at_ = left_ == 0 ? At::trailer : At::data;
}

}  // namespace http
