// secret_file: a password, passphrase or private key from a file that nobody else may read.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace ssh {

// All of a small regular file (64 KiB at most). denied: others can read it, and what to do about
// it. Never waits, as a FIFO would make it.
base::Result<std::string> read_secret(const std::string& path);

// The same up to the end of the first line.
base::Result<std::string> read_secret_line(const std::string& path);

}  // namespace ssh
