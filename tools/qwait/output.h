// Output: standard output without blocking the loop: a reader that does not read holds up nothing
// but what is meant for it. One write at a time. A pipe whose reader went is noticed at once.
#pragma once

#include <functional>
#include <string>

#include "lib/base/result.h"
#include "lib/net/loop.h"

namespace qwait {

class Output {
 public:
  // `closed` is called when nobody reads any more, at most once, and never during write().
  Output(net::Loop& loop, std::function<void()> closed);

  // `done` is called once, perhaps before this returns: everything was written, or why not.
  void write(std::string bytes, std::function<void(base::Result<void>)> done);
  // Leaves the rest unwritten; `done` is not called.
  void cancel();

 private:
  void ready(unsigned what);
  void go_on();
  void finish(base::Result<void> result);

  std::function<void()> closed_;
  std::string bytes_;
  size_t written_ = 0;
  std::function<void(base::Result<void>)> done_;
  bool pipe_ = false;
  std::unique_ptr<net::Watch> watch_;  // null: a file, which takes everything at once
};

}  // namespace qwait
