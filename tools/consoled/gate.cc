#include "tools/consoled/gate.h"

namespace consoled {

std::string Visitor::text() const {
  return address.empty() ? peer::text(who) : address;
}

bool may_write(const Visitor& /*visitor*/, bool readonly) {
  return !readonly;
}

}  // namespace consoled
