#include "tools/consoled/gate.h"

#include "lib/base/cat.h"

namespace consoled {

std::string Visitor::text() const {
  if (address.empty()) return peer::text(who);
  return user.empty() ? address : base::cat(user, " at ", address);
}

bool may_write(const Visitor& /*visitor*/, bool readonly) {
  return !readonly;
}

}  // namespace consoled
