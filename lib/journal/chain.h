// Chain: the files of one journal, old ones first, opened for reading, each with its index. Blocks
// on the disk. A file that is renamed or deleted afterwards is read all the same.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/journal/places.h"
#include "lib/journal/unpack.h"

namespace journal {

class Link {
 public:
  // nullptr: there is no such file. `index`: the file beside it; one that we packed has it in it.
  static base::Result<std::unique_ptr<Link>> open(const std::string& path, Packing packing,
                                                  const std::string& index);

  const std::string& path() const { return path_; }
  Unpack& file() { return file_; }
  const Places& places() const { return places_; }
  // Reads what the index has got since. True: there was something.
  bool refresh();
  enum class Now {
    same,
    moved,      // another file is written, or it was emptied
    rewritten,  // it is the same file with another index: what it has now is new
  };
  // `written`: the path of the file that is written.
  Now now(const std::string& written) const;

 private:
  Link(std::string path, Unpack file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Unpack file_;
  std::string index_path_;
  ino_t index_ino_ = 0;  // at the opening; 0: there was none
  base::Fd index_;
  bool ahead_ = false;  // it was left alone: it spoke of bytes, and the file had none
  std::string unread_;  // of the index: a record that is not whole yet
  Places places_;
};

using Chain = std::vector<std::unique_ptr<Link>>;

// At least one file; not_found where there is none. Compressed files that cannot be opened are
// errors, since bytes in the middle would be missing without a word.
base::Result<Chain> open_chain(const std::string& path);

// The names of the journals in a folder (NAME.log, or old files of it), sorted.
base::Result<std::vector<std::string>> list_journals(const std::string& folder);

}  // namespace journal
