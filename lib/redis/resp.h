// resp: RESP2, the protocol of Redis, as bytes: commands out, answers in. hiredis' reader takes the
// answers apart. Pure: no descriptor, no clock. https://redis.io/docs/reference/protocol-spec/
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/redis/reply.h"

struct redisReader;

namespace redis {

// Appends the command in the one form that takes any bytes.
void append_command(std::string& out, const std::vector<std::string_view>& argv);

class Reader {
 public:
  // What one answer may cost, with all that is in it; Redis itself would send up to 512 MiB.
  static constexpr size_t kMaxAnswer = 64UL << 20U;

  Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Takes a copy of the bytes as they came; at most 64 KiB at once, for the limit is looked at
  // between two calls.
  void feed(std::string_view bytes);
  // The next whole answer; nothing: more bytes are needed. An error (bad_input: this is no RESP2,
  // or lists stand deeper than seven in each other; too_big) is final.
  base::Result<std::optional<Reply>> next();

 private:
  struct FreeReader {
    void operator()(redisReader* r) const;
  };

  size_t cost_ = 0;  // of the answer that is being read
  std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace redis
