// What the journal's unit tests share besides help.h: a running writer, a source with flow control.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/base/ring.h"
#include "lib/journal/append.h"
#include "lib/journal/writer.h"
#include "tests/unit/help.h"

namespace journal_help {

using help::exists;
using help::Folder;
using help::kPatience;
using help::mode_of;
using help::put_file;
using help::text;

// A writer that runs.
class Running {
 public:
  Running() { REQUIRE(writer_.start()); }
  journal::Writer& operator*() const { return writer_; }
  journal::Writer* operator->() const { return &writer_; }

 private:
  mutable journal::Writer writer_;
};

inline base::Time soon() {
  return base::Clock::now() + kPatience;
}

template <class Condition>
bool eventually(Condition condition) {
  const base::Time deadline = soon();
  while (!condition()) {
    if (base::Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline journal::Options options(std::string path) {
  journal::Options o;
  o.path = std::move(path);
  return o;
}

inline journal::Status status(const journal::Append& append) {
  return append.status(base::Clock::now());
}

inline bool is_open(const journal::Append& append) {
  return status(append).open;
}

// Puts bytes into the ring as a console would, waiting for the journal where it must.
inline void feed(base::Ring& ring, journal::Append& append, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t used = static_cast<size_t>(ring.head() - append.cursor());
    const size_t n = std::min({bytes.size(), ring.size() - used, size_t{10000}});
    if (n > 0) ring.append(bytes.substr(0, n));
    if (append.dirty() && n == 0) append.flush();
    if (n == 0) std::this_thread::yield();
    bytes.remove_prefix(n);
  }
}

// As feed(), and waits until they were written or lost.
inline void feed_all(base::Ring& ring, journal::Append& append, std::string_view bytes) {
  feed(ring, append, bytes);
  append.flush();
  REQUIRE(eventually([&] {
    append.flush();
    return status(append).pending == 0;
  }));
}

inline std::string lines(int n) {
  std::string out;
  for (int i = 0; i < n; i++) out += base::cat("line ", i, " of a console that says much\n");
  return out;
}

}  // namespace journal_help
