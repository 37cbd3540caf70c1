#include "lib/peer/control_name.h"

#include "lib/base/cat.h"

namespace peer {

std::string control_name(std::string_view socket) {
  constexpr std::string_view kSuffix = ".sock";
  if (!socket.starts_with('@') && socket.ends_with(kSuffix)) {
    socket.remove_suffix(kSuffix.size());
  }
  return base::cat(socket, ".ctl");
}

}  // namespace peer
