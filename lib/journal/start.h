// Where a journal goes on: what its files say about the next byte. The log file is the truth, the
// index is believed as far as it fits the log.
//
// All of this reads files (an open, a few reads of at most 64 KiB) and writes nothing: what is torn
// is cut by the writer thread when it opens the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/journal/options.h"
#include "lib/journal/record.h"

namespace journal {

struct Start {
  int64_t epoch = 0;    // Options::epoch; a new one where there is no journal that goes on
  uint64_t offset = 0;  // of the next byte: where the ring begins
  Source source;        // where the source was then; epoch 0: it has no numbers
  uint64_t before = 0;  // so many bytes before `offset` are the last ones of the file: for tail()
};

// For the journal at `path`. Numbers that were given away are not given again, also where the file
// lost bytes that it had once (a power cut, copytruncate).
Start find_start(const std::string& path);

// The bytes just before start.offset, at most n: what a ring begins with, so that viewers have a
// history after a restart. Empty where there are none, or they cannot be read.
std::string tail(const std::string& path, const Start& start, size_t n);

// What an index says about its file, which has `file_size` bytes now.
struct IndexEnd {
  Header header;
  uint64_t size = 0;    // of the file
  bool ended = false;   // the last record says that nothing follows
  uint64_t keep = 0;    // bytes of the index that hold; the rest is torn, or of lost bytes
  bool ahead = false;   // some of the rest: of bytes that the file has no more
  uint64_t at = 0;      // the last place that holds: this offset ...
  uint64_t where = 0;   // ... is at this position
  uint64_t here = 0;    // the offset of the end of the file, counting on from there
  uint64_t next = 0;    // the first offset that was never given away
  uint64_t before = 0;  // as Start's
  Source source;        // at `next`
  // The last chunk's place and first bytes, if the file has them; empty: no such chunk.
  uint64_t sample_at = 0;
  std::string sample;
};

// Nothing when there is no index, or index and file do not belong together. `log` may be missing,
// then it is empty. A record goes before its bytes: of an empty file that was written to (or
// emptied) at the time of the first record, that record is not ahead.
std::optional<IndexEnd> find_end(const std::string& index, const std::string& log);

// What the index says, when it is not that of the file at `path` (a new or emptied one, or none)
// but still that of an old file, because somebody renamed only that: of the newest one that is not
// empty. A new file often begins as an old one does: it is not meant where the old one has an index
// of its own that ends where this one begins. One that was compressed since is known by its time.
struct Moved {
  IndexEnd end;
  size_t number = 1;  // of the old file
};
std::optional<Moved> find_moved(const std::string& path);

// The whole file, not only what it begins with, is what this index is about, as far as can be told.
bool belongs(const std::string& index, const std::string& log);

}  // namespace journal
