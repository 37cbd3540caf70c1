#include "lib/base/version.h"

namespace base {
const char* version() {
  return LINEMAN_VERSION;
}
}  // namespace base
