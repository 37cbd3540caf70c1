#include "lib/journal/index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <utility>

#include "lib/base/high_fd.h"
#include "lib/journal/moved.h"
#include "lib/journal/names.h"
#include "lib/journal/record.h"
#include "lib/journal/start.h"

namespace journal {

namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;

// How fine the index is. A flood gets a record for each 64 KiB, what is slow one per 100 ms; a
// console that says a byte at a time for ever is cut short, lest the index outgrow the file.
constexpr uint64_t kChunk = 65536;
constexpr milliseconds kFine{100};
constexpr seconds kCoarse{10};
constexpr uint64_t kFreely = 262144;
constexpr uint64_t kShare = 16;  // beyond that: one byte of index for so many of the file

constexpr size_t kMostEvents = 256;
constexpr seconds kRetry{1};
constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

// The old file whose index lies beside the log still; 0: there is none.
size_t moved_number(const std::string& log) {
  const std::optional<Moved> old = find_moved(log);
  return old ? old->number : 0;
}
}  // namespace

void Index::attach(std::string log, int fd, uint64_t size, uint64_t offset) {
  log_ = std::move(log);
  log_fd_ = fd;
  chunk_at_ = {};
  const std::string path = index_name(log_);
  if (const size_t old = size == 0 ? moved_number(log_) : 0; old > 0) {
    hand_over_index(log_, old);
  }
  const std::optional<IndexEnd> end = find_end(path, log_);
  if (!end || end->header.epoch != epoch_ || (end->ahead && size == 0)) return begin(offset, size);
  fd_ = base::high(base::Fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)));
  if (!fd_ || ::ftruncate(fd_.get(), static_cast<off_t>(end->keep)) < 0) return failed({});
  size_ = end->keep;
  last_ = {end->at, end->where};
  if (source_.epoch == 0) {
    source_ = end->source;
    source_from_ = end->next;
  }
  error_ = 0;
}

void Index::close() {
  if (fd_) date_index(fd_.get(), log_fd_);
  fd_.reset();
  log_.clear();
}

// Written aside and renamed: a crash leaves the old one or the new one, with its header.
void Index::begin(uint64_t offset, uint64_t size) {
  const std::string path = index_name(log_);
  const std::string scratch = path + ".new";
  ::unlink(scratch.c_str());
  fd_ = base::high(
      base::Fd(::open(scratch.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, mode_)));
  if (!fd_) return failed({});
  ::fchmod(fd_.get(), mode_);
  // What lies in the file already was the stream's, unless the stream is younger.
  const bool ours = offset >= size;
  const Header header{epoch_, ours ? offset - size : offset, ours ? 0 : size, base::wall_us()};
  last_ = {header.offset, header.position};
  chunk_at_ = {};
  batch_.clear();
  append_header(header, batch_);
  size_ = batch_.size();
  if (!base::write_all(fd_.get(), batch_) || ::rename(scratch.c_str(), path.c_str()) < 0) {
    return failed({});
  }
  error_ = 0;
}

// The file became the old file of this number; 0: of none.
void Index::let_go(size_t number) {
  if (number == 0 || !hand_over_index(log_, number)) ::unlink(index_name(log_).c_str());
  fd_.reset();
}

void Index::moved(uint64_t offset, uint64_t size) {
  end(offset, size);
  const size_t number = number_of(log_, log_fd_);
  let_go(number > 0 ? number : moved_number(log_));
}

// What was written since the copy was made is in no file: the last record says so.
void Index::copied(uint64_t offset) {
  const size_t number = moved_number(log_);
  struct stat st {};
  const bool there = number > 0 && ::stat(old_name(log_, number).c_str(), &st) == 0;
  if (there) end(offset, static_cast<uint64_t>(st.st_size));
  let_go(number);
}

void Index::add(std::vector<Noted> events) {
  for (Noted& e : events) {
    if (events_.size() < kMostEvents) events_.push_back(std::move(e));
  }
}

bool Index::ready(uint64_t offset, uint64_t size, base::Time now) {
  if (fd_) return true;
  if (log_.empty() || now < retry_at_) return false;
  attach(log_, log_fd_, size, offset);
  if (!fd_) retry_at_ = now + kRetry;
  return static_cast<bool>(fd_);
}

bool Index::due(uint64_t offset, size_t n, base::Time now) const {
  if (n == 0) return false;
  if (chunk_at_ == base::Time{} || offset + n - chunk_from_ >= kChunk) return true;
  const bool freely = size_ <= kFreely + last_.position / kShare;
  return now - chunk_at_ >= (freely ? base::Duration(kFine) : base::Duration(kCoarse));
}

// The file's size now: others may have written to it, or emptied it (copytruncate).
uint64_t Index::real_size(uint64_t size) {
  struct stat st {};
  return ::fstat(log_fd_, &st) == 0 ? static_cast<uint64_t>(st.st_size) : size;
}

uint64_t Index::before(uint64_t offset, uint64_t size, size_t marker, std::string_view bytes,
                       base::Time now) {
  batch_.clear();
  batch_events_.clear();
  if (!ready(offset, size, now)) return size;
  const uint64_t known = size;
  size = real_size(size);
  const bool emptied = std::exchange(emptied_, false) || size < known;
  const bool counts_on = marker == 0 && offset - last_.offset == size - last_.position;
  const bool event = !events_.empty() && events_.front().offset <= offset;
  if (counts_on && !emptied && !event && !due(offset, bytes.size(), now)) return size;
  if (emptied) {
    copied(offset);
    begin(offset, size);
    if (!fd_) return size;
  }
  batch_.clear();
  batch_from_ = size_;
  batch_last_ = last_;
  const uint64_t expected = last_.offset + (size - last_.position);
  flush_events(std::min(expected, offset), last_);
  if (offset > expected) {
    put({Kind::gap, base::wall_us(), expected, size, source_at(expected), {}, {}});
    flush_events(offset, {kAll, size});
  }
  if (offset != expected || marker > 0 || due(offset, bytes.size(), now)) {
    put({Kind::chunk, base::wall_us(), offset, size + marker, source_at(offset), bytes, {}});
    chunk_at_ = bytes.empty() ? base::Time{} : now;
    chunk_from_ = offset;
  }
  write(now);
  return size;
}

// Those before this offset; counted on from a place, or all at one position.
void Index::flush_events(uint64_t upto, Place from) {
  while (!events_.empty() && events_.front().offset <= upto) {
    Noted& e = events_.front();
    const uint64_t offset = std::max(e.offset, last_.offset);
    const bool counts = from.offset != kAll;
    const uint64_t position = counts ? from.position + (offset - from.offset) : from.position;
    if (e.event.kind == Kind::up || e.event.source) {
      source_ = e.event.source.value_or(Source{});
      source_from_ = offset;
    }
    put({e.event.kind, e.time_us, offset, position, source_at(offset), {}, {}});
    append_text(e.event.text, batch_);
    batch_events_.push_back(std::move(e));
    events_.pop_front();
  }
}

void Index::put(const Record& record) {
  append_record(record, batch_);
  last_ = {record.offset, record.position};
}

Source Index::source_at(uint64_t offset) const {
  if (source_.epoch == 0) return {};
  return {source_.epoch, source_.offset + (offset - source_from_)};
}

void Index::write(base::Time now) {
  if (batch_.empty()) return;
  size_ += batch_.size();
  const base::Result<void> written = base::write_all(fd_.get(), batch_);
  if (written) return;
  errno = written.error().sys;
  failed(now);
}

void Index::take_back() {
  if (batch_.empty() || !fd_) return;
  if (::ftruncate(fd_.get(), static_cast<off_t>(batch_from_)) < 0) return failed({});
  size_ = batch_from_;
  last_ = batch_last_;
  chunk_at_ = {};
  batch_.clear();
  for (; !batch_events_.empty(); batch_events_.pop_back()) {
    events_.push_front(std::move(batch_events_.back()));
  }
}

void Index::end(uint64_t offset, uint64_t size) {
  if (!fd_) return;
  batch_.clear();
  flush_events(offset, last_);
  put({Kind::end, base::wall_us(), offset, size, source_at(offset), {}, {}});
  write({});
  fd_.reset();
}

void Index::failed(base::Time now) {
  error_ = errno;
  fd_.reset();
  retry_at_ = now + kRetry;
}

}  // namespace journal
