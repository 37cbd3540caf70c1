// limits: how many descriptors the kernel lets this process have.
#pragma once

#include <cstdint>

namespace net {

// The soft limit now.
uint64_t descriptor_limit();

// How many this process has open.
uint64_t open_descriptors();

// Raises the soft limit to the hard one. Commands should get the old one back (Command): some try
// every descriptor there could be.
void raise_descriptor_limit();

}  // namespace net
