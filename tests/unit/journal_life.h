// What the tests of the journal's index and reader share: a stream whose bytes tell their offset,
// and one life of a daemon that writes it.
#pragma once

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lib/journal/compress.h"
#include "lib/journal/frame.h"
#include "lib/journal/names.h"
#include "lib/journal/record.h"
#include "lib/journal/start.h"
#include "tests/unit/journal_help.h"

namespace journal_help {

// What the stream says at an offset: lines of 16 bytes, each with its number.
inline std::string said(uint64_t from, uint64_t to) {
  std::string out;
  for (uint64_t line = from / 16; line * 16 < to; line++) {
    std::string text = std::to_string(line);
    text.insert(0, 15 - text.size(), '.');
    out += text + "\n";
  }
  return out.substr(from % 16, to - from);
}

// Goes on where the journal ended.
struct Life {
  explicit Life(journal::Options wanted)
      : start(journal::find_start(wanted.path)), ring(65536, start.offset) {
    wanted.epoch = start.epoch;
    append = std::make_unique<journal::Append>(*run, ring, wanted);
  }
  explicit Life(const std::string& path) : Life(options(path)) {}
  ~Life() {
    append.reset();
    CHECK(run->stop(soon()));
  }
  void say(uint64_t n) { feed(ring, *append, said(ring.head(), ring.head() + n)); }
  void say_all(uint64_t n) { feed_all(ring, *append, said(ring.head(), ring.head() + n)); }
  void note(journal::Kind kind, std::string text, std::optional<journal::Source> source = {}) {
    append->note({kind, std::move(text), source});
    append->flush();
  }

  Running run;
  journal::Start start;
  base::Ring ring;
  std::unique_ptr<journal::Append> append;
};

// Compresses an old file as a rotation does, with its index if it has one.
inline void pack(const std::string& old, const std::string& index = "") {
  const std::string packed = journal::packed_name(old);
  std::string front;
  if (const std::optional<journal::IndexEnd> end = journal::find_end(index, old)) {
    front = text(index);
    journal::append_record({journal::Kind::end, 1, end->here, end->size, {}, {}, {}}, front);
    front = journal::index_frame(front);
  }
  auto job = journal::Compress::begin(old, packed + ".tmp", front);
  REQUIRE(job);
  base::Result<bool> done = false;
  while (done && !*done) done = (*job)->step();
  REQUIRE(done);
  REQUIRE((*job)->keep_as(packed));
  ::unlink(old.c_str());
  if (!index.empty()) ::unlink(index.c_str());
}

}  // namespace journal_help
