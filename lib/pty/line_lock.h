// LineLock: a serial line is ours: the lock file that uucp, minicom, screen and cu look at
// (LCK..NAME with the process id in ten columns), for as long as this object lives.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace pty {

class LineLock {
 public:
  // busy: a living process has it; it is named. The lock of a dead one is taken away. denied: the
  // folder cannot be written.
  static base::Result<LineLock> take(const std::string& folder, const std::string& device);
  ~LineLock();
  LineLock(LineLock&& other) noexcept;
  LineLock& operator=(LineLock&&) = delete;

 private:
  explicit LineLock(std::string file) : file_(std::move(file)) {}

  std::string file_;
};

}  // namespace pty
