// Source: cuts what comes on stdin into messages: lines, parts that end with NUL, or JSON values.
// Pure: bytes in, messages out. Memory: what was fed and not yet taken, at most one message and one
// block more.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/queue/work.h"
#include "lib/wire/reader.h"
#include "tools/qput/options.h"

namespace qput {

struct Message {
  std::string payload;
  queue::PutOptions put;
};

// The message with the options of the command line; `{}` in the unique key becomes the payload.
// too_big: that is too long then.
base::Result<Message> message_of(const Options& options, std::string payload);

class Source {
 public:
  explicit Source(const Options& options);

  void feed(std::string_view bytes);
  // No more will come: the last message needs no end.
  void finish();
  // The next one; an error is about one message, is for people, and the next call goes on behind
  // it. Nothing: feed more.
  std::optional<base::Result<Message>> next();

 private:
  std::optional<base::Result<Message>> next_part();
  std::optional<base::Result<Message>> next_json();
  base::Result<Message> too_long();

  const Options& options_;
  wire::Reader reader_;
  std::string bytes_;
  size_t at_ = 0;        // the first byte in bytes_ that was not taken
  size_t searched_ = 0;  // no end is before this
  uint64_t number_ = 0;  // of the message, from 1
  bool dropping_ = false, ended_ = false;
};

}  // namespace qput
