// body: where the body of a message ends (RFC 9112, 6 and 7.1): after a length, after the last
// chunk, or with the connection. Pure, and the same however the bytes are cut. Extensions of
// chunks and trailing fields are read over and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace http {

class BodyReader {
 public:
  enum class State { more, done, bad, too_large, long_line };

  // A body of `length` bytes, of chunks, or all until the end; at most `max` bytes.
  static BodyReader of_length(uint64_t length, uint64_t max);
  static BodyReader of_chunks(uint64_t max) { return BodyReader(At::size, 0, max); }
  static BodyReader until_end(uint64_t max) { return BodyReader(At::all, max, max); }

  State state() const { return state_; }
  // Moves what belongs to the body to `out`; how many of the bytes were used.
  size_t take(std::string_view bytes, std::string& out);
  // No more bytes come.
  void end();

 private:
  // Where in the body: data by length, a chunk's size line, its data, the CR and LF behind it, the
  // lines after the last chunk, all there is.
  enum class At { length, size, data, data_end, trailer, all };
  BodyReader(At at, uint64_t left, uint64_t max) : at_(at), left_(left), max_(max) {}
  size_t take_data(std::string_view bytes, std::string& out);
  void take_line_byte(char c);
  void line_done();
  void begin_chunk();

  At at_;
  uint64_t left_;  // of the data, or of the chunk
  uint64_t max_;   // of the chunks to come
  std::string line_;
  size_t trailer_bytes_ = 0;
  State state_ = State::more;
};

}  // namespace http
