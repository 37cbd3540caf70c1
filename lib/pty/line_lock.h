// Two marks that a line is ours. LineLock, for as long as it lives: the lock file that uucp,
// minicom, screen and cu look at (LCK..NAME with the process id in ten columns). claim(): a lock on
// the open device, flock(2), which picocom and tio look at, and which knows a line by whatever
// name.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace pty {

class LineLock {
 public:
  // Where the device is a link there is a lock by the name behind it, too. busy: a living process
  // has it; it is named. The lock of a dead one is taken away. denied: the folder cannot be
  // written.
  static base::Result<LineLock> take(const std::string& folder, const std::string& device);
  ~LineLock();
  LineLock(LineLock&& other) noexcept;
  LineLock& operator=(LineLock&&) = delete;

 private:
  LineLock() = default;
  base::Result<void> add(const std::string& folder, const std::string& device);

  std::vector<std::string> files_;
};

// Until `fd` is closed. busy: somebody else has claimed it.
base::Result<void> claim(int fd);

}  // namespace pty
