// Receiver: where a logger's records go. One object per logger, on the loop; keeps its connection
// up by itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "tools/consoled/publish_feed.h"

namespace consoled {

// What became of a batch.
struct Taken {
  bool all = false;             // the receiver has it; false: to be given again when ready
  std::optional<Mark> instead;  // the receiver has this much: to be read again from there
};

class Receiver {
 public:
  using Done = std::function<void(Taken)>;

  virtual ~Receiver() = default;
  // Whether it takes a batch now; `Events::ready` tells when it does again.
  virtual bool ready() const = 0;
  // The batch lives until `done` was called, which is once, and never within the call.
  virtual void send(const Batch& batch, Done done) = 0;
  // A line that may be dropped, for those that want goconserver's "remain".
  virtual void tell(std::string_view record) = 0;
  // For the status.
  virtual std::string trouble() const = 0;
};

}  // namespace consoled
