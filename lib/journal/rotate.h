// Rotation: the old files of one journal: renames them, deletes the oldest, compresses the rest
// slice by slice, and clears up what a crash left. Owned by the Output of that file; used on the
// writer thread and blocks on the disk.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/journal/compress.h"
#include "lib/journal/names.h"

namespace journal {

class Rotation {
 public:
  // `index`: each file has one beside it, which goes where the file goes.
  Rotation(unsigned keep, bool compress, bool index = false)
      : keep_(keep), compress_(compress), index_(index) {}

  // The file is at `path` now (absolute, no link). The first time, what a crash left is cleared up.
  void at(std::string path);
  // The file at the path becomes old file 1; after that there is none at the path.
  base::Result<void> rotate();

  // Whether pack() has something to do.
  bool packing() const { return wanted_; }
  // One slice of the compression of old files. After an error they wait for the next rotation.
  base::Result<void> pack();
  // Ends a compression; its old file waits for the next start.
  void cancel();

 private:
  std::vector<Old> olds() const;
  void tidy();
  void tidy_index();
  base::Result<void> apply(const Move& move);
  void move_index(const Move& move) const;
  base::Result<void> begin();
  base::Result<void> finish();
  base::Result<void> sync_folder() const;

  unsigned keep_;
  bool compress_;
  bool index_;
  bool wanted_ = false;
  std::string path_;
  std::string source_;  // what job_ compresses, under its present name
  std::unique_ptr<Compress> job_;
};

}  // namespace journal
