#include "tools/ptybufferd/stamp.h"

#include "lib/base/clock.h"

namespace ptybufferd {

journal::Filter stamp_lines() {
  return [line_start = true](std::string_view in, std::string& out) mutable {
    const std::string stamp = base::stamp_gmt(base::wall_us()) + " ";
    while (!in.empty()) {
      if (line_start) out += stamp;
      const size_t end = in.find('\n');
      line_start = end != std::string_view::npos;
      const size_t n = line_start ? end + 1 : in.size();
      out += in.substr(0, n);
      in.remove_prefix(n);
    }
  };
}

}  // namespace ptybufferd
