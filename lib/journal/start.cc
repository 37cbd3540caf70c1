#include "lib/journal/start.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/journal/frame.h"
#include "lib/journal/names.h"

namespace journal {

namespace {
constexpr int64_t kSecond = 1000000;
constexpr uint64_t kUntold = 1UL << 20U;        // more than a last record can leave untold
constexpr size_t kMostEmpty = 16;               // so many old files may be empty
constexpr uint64_t kTail = 1365 * kRecordSize;  // 64 KiB

struct Opened {
  base::Fd fd;
  uint64_t size = 0;
  int64_t written_us = INT64_MAX;  // when it was written to, or emptied
};

// For reading; not open, and of size 0, where there is none, or it is no regular file.
Opened open_regular(const std::string& path) {
  constexpr int64_t kMicro = 1000;
  Opened file;
  base::Result<base::Fd> fd = base::open_regular(path);
  struct stat st {};
  if (!fd || ::fstat(fd->get(), &st) < 0) return file;
  file.fd = std::move(*fd);
  file.size = static_cast<uint64_t>(st.st_size);
  file.written_us = st.st_mtim.tv_sec * kSecond + st.st_mtim.tv_nsec / kMicro;
  return file;
}

// [at, at + n) of the file; empty when it has not all of them.
std::string piece(int fd, uint64_t at, size_t n) {
  std::string out(n, '\0');
  const ssize_t got = ::pread(fd, out.data(), n, static_cast<off_t>(at));
  if (got != static_cast<ssize_t>(n)) out.clear();
  return out;
}

uint64_t tail_from(uint64_t size) {
  const uint64_t whole = size / kRecordSize * kRecordSize;
  return std::max<uint64_t>(std::min(kRecordSize, whole), whole > kTail ? whole - kTail : 0);
}

bool fits(const IndexEnd& end, int log) {
  return end.sample.empty() || piece(log, end.sample_at, end.sample.size()) == end.sample;
}

// A reader of the records of an index, one after the other, as far as they hold.
class Walk {
 public:
  Walk(IndexEnd& end, uint64_t file_size, int64_t written_us, uint64_t from)
      : end_(end), size_(file_size), written_us_(written_us) {
    end_.keep = from;
    end_.at = end_.header.offset;
    end_.where = run_ = end_.header.position;
    if (end_.where > size_) end_.where = run_ = size_;
  }

  void take(const Record& r, uint64_t end) {
    if (r.kind == Kind::text) {
      if (!cut_) end_.keep = end;
      return;
    }
    seen_ = r;
    // A crash between the first record and its bytes leaves an empty file, too.
    const bool late = size_ == 0 && written_us_ > r.time_us + kSecond;
    cut_ = cut_ || r.position > size_ || (late && !r.sample.empty());
    const bool more = cut_ && r.kind != Kind::end;
    next_ = std::max(next_, r.offset + (more ? kUntold : 0));
    if (cut_) return;
    end_.keep = end;
    // A place that the count from the last one does not lead to begins a new run.
    const bool on = r.position - end_.where == r.offset - end_.at;
    if (!on || after_gap_) run_ = r.position;
    after_gap_ = r.kind == Kind::gap;
    end_.ended = r.kind == Kind::end;
    end_.at = r.offset;
    end_.where = r.position;
    held_ = true;
    if (r.kind == Kind::chunk && !r.sample.empty() && r.position + r.sample.size() <= size_) {
      end_.sample_at = r.position;
      end_.sample = r.sample;
    }
  }

  void finish(uint64_t from) {
    // Nothing in this piece holds, and what is before it was not looked at.
    if (!held_ && from > kRecordSize) end_.keep = kRecordSize;
    if (end_.header.position > size_) cut_ = true;
    end_.ahead = cut_;
    end_.here = end_.at + (size_ == UINT64_MAX || after_gap_ ? 0 : size_ - end_.where);
    end_.next = std::max(end_.here, next_);
    end_.before = end_.next == end_.here && size_ != UINT64_MAX ? size_ - run_ : 0;
    if (after_gap_ || (!held_ && from > kRecordSize)) end_.before = 0;
    end_.source = seen_.source;
    if (end_.source.epoch != 0) end_.source.offset += end_.next - seen_.offset;
  }

 private:
  IndexEnd& end_;
  uint64_t size_;
  int64_t written_us_;
  uint64_t run_ = 0;   // from this position on, all is one piece of the stream
  uint64_t next_ = 0;  // the highest offset that was seen
  Record seen_;
  bool cut_ = false, held_ = false, after_gap_ = false;
};

// `tail` are the last bytes of an index of `size` bytes, whole records from an offset that is a
// multiple of their size; nothing: there is no header.
std::optional<IndexEnd> read_end(std::string_view header, std::string_view tail, uint64_t size,
                                 uint64_t file_size, int64_t written_us) {
  const std::optional<Header> h = read_header(header);
  if (!h) return {};
  IndexEnd end;
  end.header = *h;
  end.size = file_size;
  const uint64_t from = tail_from(size);
  Walk walk(end, file_size, written_us, from);
  uint64_t at = from;
  while (const std::optional<Record> r = read_record(tail)) {
    tail.remove_prefix(kRecordSize);
    at += kRecordSize;
    walk.take(*r, at);
  }
  walk.finish(from);
  return end;
}

// What the newest old file says, for a journal whose own file has no index (any more).
std::optional<IndexEnd> old_end(const std::string& path) {
  const std::string old = old_name(path, 1);
  if (std::optional<IndexEnd> end = find_end(old_index_name(path, 1), old)) return end;
  const Opened packed = open_regular(packed_name(old));
  if (!packed.fd) return {};
  const std::string index = read_index_frame(packed.fd.get());
  return read_end(index, std::string_view(index).substr(std::min(index.size(), kRecordSize)),
                  index.size(), UINT64_MAX, INT64_MAX);
}

// Nothing: there is no header.
std::optional<IndexEnd> read_index(const Opened& index, uint64_t file_size, int64_t written_us) {
  if (index.size < kRecordSize) return {};
  const uint64_t from = tail_from(index.size);
  const std::string header = piece(index.fd.get(), 0, kRecordSize);
  const std::string last =
      piece(index.fd.get(), from, index.size / kRecordSize * kRecordSize - from);
  return read_end(header, last, index.size, file_size, written_us);
}

// What the index says of an old file that was compressed by another program, which leaves it the
// time of its last byte: a record is written just before its bytes. `own`: of another index, which
// is the file's if it is the same.
std::optional<IndexEnd> packed_since(const std::string& index, const std::string& old,
                                     int64_t own) {
  const Opened in = open_regular(index);
  if (in.size <= kRecordSize) return {};
  for (const std::string& name : {gzip_name(old), packed_name(old)}) {
    const Opened packed = open_regular(name);
    if (!packed.fd || std::abs(packed.written_us - in.written_us) > kSecond) continue;
    if (packed.written_us == own) return {};
    if (!read_index_frame(packed.fd.get()).empty()) return {};
    std::optional<IndexEnd> end = read_index(in, UINT64_MAX, INT64_MAX);
    if (end && !end->ended) end->next += kUntold;
    return end;
  }
  return {};
}
}  // namespace

std::optional<IndexEnd> find_end(const std::string& index, const std::string& log) {
  const Opened file = open_regular(log);
  std::optional<IndexEnd> end = read_index(open_regular(index), file.size, file.written_us);
  if (end && !fits(*end, file.fd.get())) return {};
  return end;
}

bool belongs(const std::string& index, const std::string& log) {
  const std::optional<IndexEnd> end = find_end(index, log);
  return end && !end->ahead && (!end->ended || end->where == end->size);
}

std::optional<Moved> find_moved(const std::string& path) {
  const std::string index = index_name(path);
  for (size_t n = 1; n <= kMostEmpty; n++) {
    const std::string old = old_name(path, n);
    std::optional<IndexEnd> end = find_end(index, old);
    if (open_regular(old).size == 0) {
      const int64_t own = open_regular(old_index_name(path, n)).written_us;
      if (auto packed = packed_since(index, old, own)) return Moved{*packed, n};
      continue;
    }
    if (!end || end->ahead || (end->where == 0 && end->sample.empty())) return {};
    const std::optional<IndexEnd> own = find_end(old_index_name(path, n), old);
    if (own && !own->ahead && own->here == end->header.offset) return {};
    return Moved{*end, n};
  }
  return {};
}

Start find_start(const std::string& path) {
  const std::string index = index_name(path);
  const uint64_t size = open_regular(path).size;
  const std::optional<Moved> moved = size == 0 ? find_moved(path) : std::nullopt;
  if (moved) return {moved->end.header.epoch, moved->end.next, moved->end.source, 0};
  const std::optional<IndexEnd> end = find_end(index, path);
  if (end) return {end->header.epoch, end->next, end->source, end->before};
  if (open_regular(index).size == 0) {
    const std::optional<IndexEnd> old = old_end(path);
    if (old) {
      Source source = old->source;
      if (source.epoch != 0) source.offset += size;
      return {old->header.epoch, old->next + size, source, size};
    }
  }
  return {base::wall_us(), size, {}, size};
}

std::string tail(const std::string& path, const Start& start, size_t n) {
  const Opened log = open_regular(path);
  const uint64_t have = std::min<uint64_t>({n, start.before, log.size});
  return have > 0 ? piece(log.fd.get(), log.size - have, static_cast<size_t>(have)) : std::string();
}

}  // namespace journal
