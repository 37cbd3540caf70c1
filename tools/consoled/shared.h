// Shared: what all consoles have in common. Owned by main, which builds it from the last hop to the
// first; a Console borrows it.
#pragma once

#include <cstdint>

#include "lib/net/loop.h"
#include "lib/peer/events.h"
#include "tools/consoled/config.h"
#include "tools/consoled/driver.h"
#include "tools/consoled/journals.h"
#include "tools/consoled/publishers.h"
#include "tools/consoled/turns.h"

namespace consoled {

struct Shared {
  net::Loop& loop;
  const Config& config;  // may change between two turns of the loop
  Surroundings& around;
  Journals& journals;
  Turns& turns;
  peer::Events& events;
  Publishers* publishers = nullptr;  // null: nobody is told what consoles say
  int64_t epoch = 0;                 // of offsets where there is no journal: this start
  uint64_t next_viewer = 1;          // numbers are never given twice
  uint64_t next_revision = 1;        // of definitions; likewise
  uint64_t input_bytes = 0;          // totals, for /metrics
  uint64_t output_bytes = 0;
  uint64_t skipped_bytes = 0;  // of viewers that are gone
};

}  // namespace consoled
