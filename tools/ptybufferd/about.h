// about: the block of NAME=value lines that -a puts before the history, ended by a line with a dot.
// The keys and their order are ptybuffer's; what it counted in blocks is counted in lines. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace ptybufferd {

struct About {
  std::string info;
  int parent = 0, pid = 0, child = 0;
  std::string tty;
  uint64_t bytes = 0;          // of output since the start
  uint64_t lines = 0;          // the same in lines
  uint64_t first_line = 0;     // number of the first line that is kept
  uint64_t history_lines = 0;  // how many are kept
  int64_t history_max = 0;     // how many would be (-n)
  uint64_t skip_bytes = 0;     // what this viewer is not shown
  uint64_t skip_lines = 0;
  size_t sockets = 0;  // pty, listener and viewers
  int socket_fd = -1;
  std::string socket_name;
};

std::string about_block(const About& a);

}  // namespace ptybufferd
