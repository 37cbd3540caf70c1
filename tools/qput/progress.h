// Progress: one line on stderr, written over itself, while long input is put: for a person at a
// terminal, and after the first second only. Nothing anywhere else.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/net/loop.h"

namespace qput {

class Progress {
 public:
  // Of stdin; its size is shown where it is a file.
  explicit Progress(net::Loop& loop);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void put(uint64_t messages, uint64_t bytes);
  // Takes the line away, before something else is said.
  void clear();

 private:
  void show();

  net::Timer timer_;
  uint64_t messages_ = 0, bytes_ = 0, size_ = 0;
  bool shown_ = false;
};

}  // namespace qput
