// The version that every tool prints.
#pragma once

namespace base {
const char* version();
}
