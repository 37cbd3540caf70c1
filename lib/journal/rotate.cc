#include "lib/journal/rotate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/journal/frame.h"
#include "lib/journal/record.h"
#include "lib/journal/start.h"
#include "lib/journal/unpack.h"

namespace journal {

namespace {
constexpr size_t kMostIndex = 32UL << 20U;  // a larger one is left out

bool exists(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

Old look(const std::string& plain) {
  return {exists(plain), exists(packed_name(plain))};
}

bool remove(const std::string& path) {
  return ::unlink(path.c_str()) == 0;
}

bool has_frame(const std::string& packed) {
  const base::Result<base::Fd> fd = base::open_regular(packed);
  return fd && !read_index_frame(fd->get()).empty();
}

// By logrotate, which leaves its index beside it.
bool packed_elsewhere(const std::string& plain) {
  const std::string ours = packed_name(plain);
  return exists(gzip_name(plain)) || (exists(ours) && !has_frame(ours));
}

// Fewer than `n` at the end, or where it is broken.
std::string next_bytes(Unpack& file, size_t n) {
  std::string out(n, '\0');
  size_t have = 0;
  while (have < n) {
    const base::Result<size_t> got = file.read(&out[have], n - have);
    if (!got || *got == 0) break;
    have += *got;
  }
  out.resize(have);
  return out;
}

// Of an old file and its compressed form.
bool same_bytes(const std::string& plain) {
  constexpr size_t kBlock = 65536;
  base::Result<base::Fd> a = base::open_regular(plain), b = base::open_regular(packed_name(plain));
  if (!a || !b) return false;
  Unpack source(std::move(*a), Packing::none), packed(std::move(*b), Packing::zstd);
  for (;;) {
    const std::string block = next_bytes(source, kBlock);
    if (block != next_bytes(packed, kBlock)) return false;
    if (block.size() < kBlock) return true;
  }
}

// The frame that goes before the compressed file; empty where the index is not this file's.
std::string index_of_old(const std::string& file, const std::string& index) {
  const std::optional<IndexEnd> end = find_end(index, file);
  base::Result<std::string> bytes = base::read_file(index, kMostIndex);
  if (!end || end->ahead || !bytes || bytes->size() < end->keep) return {};
  bytes->resize(end->keep);
  if (end->ended) return index_frame(*bytes);
  append_record({Kind::end, base::wall_us(), end->here, end->size, end->source, {}, {}}, *bytes);
  return index_frame(*bytes);
}
}  // namespace

void Rotation::at(std::string path) {
  if (path == path_) return;
  path_ = std::move(path);
  tidy();
}

// What a crash can leave, and what becomes of it:
//   NAME.zst.tmp                 a compression that did not end: deleted, begun again
//   NAME.n beside NAME.n.zst     it ended, but its source was not deleted yet: deleted now, if both
//                                have the same bytes; else logrotate moves these files, too
//   NAME.n without NAME.n.zst    compressed from now on
//   a free number in the chain   the next rotation moves the others only up to there
//   numbers above `keep`         of a larger `keep` earlier: deleted, unless not made by us
//   x.idx.n without x.log.n      the file was renamed, and its index not yet: renamed now; else it
//                                is in the compressed file: deleted
void Rotation::tidy() {
  remove(scratch_name(path_));
  if (index_) tidy_index();
  for (size_t n = 1; n <= keep_; n++) {
    const std::string plain = old_name(path_, n);
    const Old old = look(plain);
    if (old.plain && old.packed && same_bytes(plain)) remove(plain);
    if (old.plain && !old.packed && compress_) wanted_ = true;
  }
  for (size_t n = keep_ + size_t{1};; n++) {
    const std::string plain = old_name(path_, n);
    const Old old = look(plain);
    if (!old.plain && !old.packed) return;
    if (old.packed && (!index_ || has_frame(packed_name(plain)))) remove(packed_name(plain));
    if (old.plain && !(index_ && compress_)) remove(plain);
    if (index_ && !exists(plain) && !exists(packed_name(plain))) remove(old_index_name(path_, n));
  }
}

void Rotation::tidy_index() {
  for (size_t n = keep_; n > 0; n--) {
    const std::string index = old_index_name(path_, n), next = old_index_name(path_, n + 1);
    if (!exists(index) || exists(old_name(path_, n)) || packed_elsewhere(old_name(path_, n)))
      continue;
    if (exists(old_name(path_, n + 1)) && !exists(next)) {
      ::rename(index.c_str(), next.c_str());
    } else {
      remove(index);
    }
  }
}

std::vector<Old> Rotation::olds() const {
  std::vector<Old> found;
  for (size_t n = 1; n <= keep_; n++) found.push_back(look(old_name(path_, n)));
  return found;
}

base::Result<void> Rotation::rotate() {
  // A crash here leaves a free number in the chain, which tidy() describes.
  for (const Move& move : shift(path_, olds())) {
    const base::Result<void> moved = apply(move);
    if (!moved) return moved;
  }
  const Move last{path_, keep_ > 0 ? old_name(path_, 1) : ""};
  // A crash after this leaves no file at the path: the next start makes one.
  const base::Result<void> moved = apply(last);
  if (!moved) return moved;
  wanted_ = compress_ && keep_ > 0;
  return sync_folder();
}

base::Result<void> Rotation::apply(const Move& move) {
  if (move.from == source_) {
    source_ = move.to;
    if (move.to.empty()) job_.reset();
  }
  const int rc =
      move.to.empty() ? ::unlink(move.from.c_str()) : ::rename(move.from.c_str(), move.to.c_str());
  if (rc < 0 && errno != ENOENT) return base::sys_error(errno, move.from);
  if (index_) move_index(move);
  return {};
}

// After its file. A crash in between: tidy() and Index::attach().
void Rotation::move_index(const Move& move) const {
  const auto index_beside = [this](std::string file) {
    if (file.ends_with(packed_name(""))) file.resize(file.size() - packed_name("").size());
    return index_name(path_) + file.substr(path_.size());
  };
  const std::string from = index_beside(move.from);
  if (move.to.empty()) {
    remove(from);
  } else {
    ::rename(from.c_str(), index_beside(move.to).c_str());
  }
}

base::Result<void> Rotation::pack() {
  if (!job_) return begin();
  base::Result<bool> done = job_->step();
  if (done && !*done) return {};
  base::Result<void> result = done ? finish() : base::Result<void>(done.error());
  job_.reset();
  source_.clear();
  if (!result) wanted_ = false;
  return result;
}

base::Result<void> Rotation::begin() {
  for (size_t n = keep_; n > 0; n--) {
    source_ = old_name(path_, n);
    if (!exists(source_) || exists(packed_name(source_))) continue;
    const std::string front = index_ ? index_of_old(source_, old_index_name(path_, n)) : "";
    base::Result<std::unique_ptr<Compress>> job =
        Compress::begin(source_, scratch_name(path_), front);
    if (job) {
      job_ = std::move(*job);
      return {};
    }
    wanted_ = false;
    return job.error();
  }
  wanted_ = false;
  source_.clear();
  return {};
}

// The scratch file is complete and on the disk (write aside, fsync), so from here on a crash costs
// nothing: before the rename only the source counts, after it both are there and are the same.
base::Result<void> Rotation::finish() {
  const base::Result<void> kept = job_->keep_as(packed_name(source_));
  if (!kept) return kept;
  // Before the folder is on the disk, a crash may undo the rename: the source must still be there.
  const base::Result<void> synced = sync_folder();
  if (!synced) return synced;
  if (!remove(source_)) return base::sys_error(errno, source_);
  if (index_) move_index({source_, ""});
  return {};
}

void Rotation::cancel() {
  job_.reset();
  source_.clear();
}

base::Result<void> Rotation::sync_folder() const {
  const size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  const base::Result<base::Fd> fd = base::open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return fd.error();
  if (::fsync(fd->get()) < 0) return base::sys_error(errno, folder);
  return {};
}

}  // namespace journal
