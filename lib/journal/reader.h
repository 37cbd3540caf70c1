// Reader: one journal from a place on, across its old files, in the order in which it was. Reads at
// most a block ahead; blocks on the disk. At the end it can be asked again later: that is how a
// journal is followed, through rotations too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/journal/chain.h"

namespace journal {

// A piece of a journal.
struct Item {
  enum class What {
    bytes,
    marker,  // bytes of the file that are not the stream's: [[N bytes skipped]]
    event,   // its text
  };
  What what = What::bytes;
  Kind kind = Kind::chunk;  // which event
  std::string_view bytes;   // until the next call
  int64_t time_us = 0;      // when they were written; 0: not known
  bool numbered = false;    // false: the file has no index that tells `offset`
  uint64_t offset = 0;      // of the first byte; of a marker and an event: of the next byte
  bool resumed = false;     // of Kind::up: the source's next byte follows what was there before
};

class Reader {
 public:
  // not_found where there is no such journal. Begins at the oldest byte.
  static base::Result<Reader> open(const std::string& path);

  // Begins elsewhere; before the first next(). A byte that is gone: at the next one there is.
  base::Result<void> from_offset(uint64_t offset);  // events just before it are told, too
  base::Result<void> since(int64_t time_us);        // where no time is known: from there on
  base::Result<void> last_lines(uint64_t n);        // an unfinished last line is one
  base::Result<void> from_end();

  // The next piece; nothing: that was all until now.
  base::Result<std::optional<Item>> next();

  // After an error of all these: on with the next file, behind a marker that says how much is left
  // out, where that is known. False: there is none.
  bool skip_file();

  // Of the file that is read; 0: not known.
  int64_t epoch() const;
  int64_t newest_epoch() const;  // of the present file
  // Where the next piece begins, if that is known.
  std::optional<uint64_t> offset() const;

 private:
  explicit Reader(std::string path, Chain chain);
  base::Result<void> go(size_t file, uint64_t position, size_t place);
  size_t file_of(uint64_t offset) const;
  base::Result<void> go_to(size_t file, uint64_t offset);
  base::Result<bool> more();
  base::Result<bool> reopen();
  uint64_t untold() const;
  void mark(uint64_t missing);
  std::optional<Item> step();
  Item take(Item item, uint64_t limit);
  Item bytes_here();
  Link& link() { return *chain_[file_]; }
  const Link& link() const { return *chain_[file_]; }

  std::string path_;
  Chain chain_;
  size_t file_ = 0;
  int64_t was_ = 0;               // the last epoch that was known
  uint64_t at_ = 0;               // position in the file of the next byte
  std::optional<uint64_t> seen_;  // the offset after the last piece, where it was known
  std::string skipped_;           // the marker of skip_file() ...
  bool skips_ = false;            // ... which is due
  size_t place_ = SIZE_MAX;       // of the file's places: the one that counts here
  std::unique_ptr<char[]> block_;
  size_t block_at_ = 0, block_size_ = 0;
};

}  // namespace journal
