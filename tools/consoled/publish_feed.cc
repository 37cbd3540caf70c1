#include "tools/consoled/publish_feed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "lib/base/fd.h"
#include "lib/journal/reader.h"

namespace consoled {

using journal::Item;
using journal::Reader;

namespace {
constexpr size_t kBatch = 65536;   // bytes of the journal; a batch may be longer by one piece
constexpr size_t kRecords = 1000;  // of a batch, and what one more slice has
constexpr size_t kSlice = 4096;
constexpr size_t kPlaceSize = 100;

// A rename without a sync: kill -9 leaves the old place or the new one; a power cut perhaps an
// older one, from which records are said again.
void write_place(const std::string& path, const Mark& mark) {
  const std::string scratch = path + ".new";
  const base::Result<base::Fd> fd = base::open_file(scratch, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (!fd || !base::write_all(fd->get(), mark_text(mark) + "\n")) return;
  ::rename(scratch.c_str(), path.c_str());
}

std::optional<Mark> read_place(const std::string& path) {
  const base::Result<std::string> text = base::read_file(path, kPlaceSize);
  if (!text || !text->ends_with('\n')) return {};
  return parse_mark(std::string_view(*text).substr(0, text->size() - 1));
}

// Where the journal goes on: who never heard of it gets what comes.
Mark end_of(const std::string& path) {
  const journal::Start s = journal::find_start(path);
  return {s.epoch, s.offset, 0};
}
}  // namespace

void keep_start(const std::string& place, const Mark& start) {
  if (!read_place(place)) write_place(place, start);
}

// What the thread works with; the loop touches it only while no job is on its way.
struct Feed::Source {
  FeedSettings settings;
  std::string node;
  std::optional<Mark> at;  // the next read begins here
  Mark start;
  bool moved = true;  // reader and records are to be made anew
  std::optional<Reader> reader;
  std::optional<Item> left;         // of the reader's last piece
  std::optional<Records> records;   // or,
  std::optional<StampedText> text;  // for a log file
  uint64_t due = 0;                 // the byte that comes next, where none is missing
  bool marked = false;              // the journal itself says that some are

  void open(Batch& batch);
  void read(Batch& batch);
  base::Result<bool> next();
  void take(Batch& batch);
  void look_for_gap(const Item& item, Batch& batch);
  void feed(const Item& item, Batch& batch);
};

void Feed::Source::open(Batch& batch) {
  if (!at && !settings.place.empty()) at = read_place(settings.place);
  if (!at) at = start.epoch != 0 ? start : end_of(settings.journal);
  base::Result<Reader> opened = Reader::open(settings.journal);
  if (!opened) {
    if (opened.error().code != base::Errc::not_found) batch.trouble = opened.error().what;
    return;
  }
  // The place of a journal that is no more says nothing about this one.
  const int64_t epoch = opened->newest_epoch();
  if (epoch != 0 && at->epoch != epoch)
    at = Mark{epoch, start.epoch == epoch ? start.offset : 0, 0};
  // A log file's text goes on within a line: see StampedText.
  const uint64_t before = settings.as_file && at->offset > 0 ? 1 : 0;
  const base::Result<void> gone = opened->from_offset(at->offset - before);
  if (!gone) batch.trouble = gone.error().what;
  if (!gone && !opened->skip_file()) return;
  reader = std::move(*opened);
  left.reset();
  if (settings.as_file) {
    text.emplace(node, settings.stamps, *at);
  } else {
    records.emplace(node, settings.form, *at);
  }
  due = at->offset;
  marked = false;
  moved = false;
}

// Whether there is something left, or to come.
base::Result<bool> Feed::Source::next() {
  if (left) return true;
  base::Result<std::optional<Item>> item = reader->next();
  if (!item) return item.error();
  left = *item;
  return left.has_value();
}

// A rotation took old files away that were not sent yet: that is said where they would stand.
void Feed::Source::look_for_gap(const Item& item, Batch& batch) {
  if (!item.numbered) return;
  const bool bytes = item.what == Item::What::bytes;
  if (bytes && item.offset > due && !marked) {
    const uint64_t gone = item.offset - due;
    batch.missed += gone;
    const std::string text_of = base::cat("\n[[", gone, " bytes skipped]]\n");
    Item marker = item;
    marker.what = Item::What::marker;
    marker.bytes = text_of;
    feed(marker, batch);
  }
  marked = item.what == Item::What::marker;
  due = std::max(due, item.offset + (bytes ? item.bytes.size() : 0));
}

void Feed::Source::feed(const Item& item, Batch& batch) {
  if (text) return text->feed(item, reader->epoch(), batch.file_text);
  records->feed(item, reader->epoch(), batch.records);
}

void Feed::Source::take(Batch& batch) {
  Item slice = *left;
  if (slice.what == Item::What::bytes && slice.bytes.size() > kSlice) {
    slice.bytes = slice.bytes.substr(0, kSlice);
    left->bytes.remove_prefix(kSlice);
    left->offset += kSlice;
  } else {
    left.reset();
  }
  look_for_gap(slice, batch);
  feed(slice, batch);
}

void Feed::Source::read(Batch& batch) {
  if (moved) open(batch);
  batch.node = node;
  batch.from = batch.to = at.value_or(start);
  if (moved) return;
  size_t bytes = 0;
  while (bytes < kBatch && batch.records.size() < kRecords) {
    const base::Result<bool> some = next();
    if (!some) {
      batch.trouble = some.error().what;
      if (reader->skip_file()) continue;
      moved = true;  // begins anew the next time
      break;
    }
    if (!*some) break;
    bytes += std::min(left->bytes.size(), kSlice) + 1;
    take(batch);
  }
  batch.more = bytes >= kBatch || batch.records.size() >= kRecords;
  batch.to = text ? text->at() : records->at();
  at = batch.to;
}

Feed::Feed(net::DiskJobs& jobs, std::string node, FeedSettings settings, Mark start)
    : jobs_(jobs), node_(std::move(node)), source_(std::make_shared<Source>()) {
  source_->settings = std::move(settings);
  source_->node = node_;
  source_->start = start;
}

void Feed::read(Read done) {
  reading_ = true;
  const auto batch = std::make_shared<Batch>();
  const std::shared_ptr<Source> source = source_;
  jobs_.run([source, batch] { source->read(*batch); },
            [this, here = std::weak_ptr<bool>(here_), batch, done = std::move(done)] {
              if (here.expired()) return;
              reading_ = false;
              if (!place_) place_ = batch->from;
              remain_ = source_->records ? source_->records->remain() : std::nullopt;
              done(std::move(*batch));
            });
}

void Feed::accepted(const Mark& mark) {
  place_ = mark;
  if (source_->settings.place.empty()) return;
  const std::shared_ptr<Source> source = source_;
  jobs_.run([source, mark] { write_place(source->settings.place, mark); }, [] {});
}

void Feed::rewind(const Mark& mark) {
  place_ = mark;
  source_->at = mark;
  source_->moved = true;
}

}  // namespace consoled
