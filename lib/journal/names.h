// The names of a journal's old files and where a rotation may cut: pure.
//
// NAME is written; NAME.1 is the newest old file, NAME.1.zst the same compressed; NAME.zst.tmp is a
// compression that goes on. Of one number only one form exists, except after a crash, or where
// logrotate moves these files, too; NAME.1.gz is logrotate's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace journal {

std::string old_name(const std::string& path, size_t number);
std::string packed_name(const std::string& plain);
std::string gzip_name(const std::string& plain);
std::string scratch_name(const std::string& path);
// The index beside a file: x.idx for x.log, x.idx.2 for its old file 2; y.idx for any other y.
std::string index_name(const std::string& path);
std::string old_index_name(const std::string& path, size_t number);

// Which forms of one number exist.
struct Old {
  bool plain = false;
  bool packed = false;
};

struct Move {
  std::string from;
  std::string to;  // empty: `from` is deleted

  bool operator==(const Move&) const = default;
};

// The renames, in order, that free number 1 of the files `olds` (the first is number 1; their count
// is how many are kept). Those above a free number stay; when none is free the oldest goes.
std::vector<Move> shift(const std::string& path, const std::vector<Old>& olds);

// How many of the bytes still go into a file that has room for `room`: up to the end of the last
// line that fits; else none, where the file ends with a whole line already; else to the end of a
// line that ends soon after; else just what fits.
size_t cut(std::string_view bytes, uint64_t room, bool line_start);

}  // namespace journal
