#include "lib/journal/reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "lib/base/cat.h"
#include "lib/journal/last_lines.h"

namespace journal {

namespace {
constexpr size_t kBlock = 262144;

bool is_event(Kind kind) {
  return kind >= Kind::up;
}
}  // namespace

Reader::Reader(std::string path, Chain chain)
    : path_(std::move(path)), chain_(std::move(chain)), block_(new char[kBlock]) {}

base::Result<Reader> Reader::open(const std::string& path) {
  base::Result<Chain> chain = open_chain(path);
  if (!chain) return chain.error();
  return Reader(path, std::move(*chain));
}

int64_t Reader::epoch() const {
  const std::optional<Header>& h = link().places().header();
  return h ? h->epoch : 0;
}

int64_t Reader::newest_epoch() const {
  const std::optional<Header>& h = chain_.back()->places().header();
  return h ? h->epoch : 0;
}

std::optional<uint64_t> Reader::offset() const {
  const Places& places = link().places();
  if (place_ != SIZE_MAX) {
    const Place& p = places.all()[place_];
    return p.kind == Kind::gap ? p.offset : p.offset + (at_ - p.position);
  }
  const std::optional<Header>& h = places.header();
  if (!h || at_ < h->position) return {};
  return h->offset + (at_ - h->position);
}

base::Result<void> Reader::go(size_t file, uint64_t position, size_t place) {
  file_ = file;
  place_ = place;
  at_ = position;
  block_at_ = block_size_ = 0;
  return link().file().seek(position);
}

base::Result<void> Reader::from_offset(uint64_t offset) {
  size_t file = file_of(offset);
  if (file > 0) {
    // What happened just before a file's first byte stands at the end of the file before.
    const std::optional<Header>& h = chain_[file]->places().header();
    const std::optional<Header>& before = chain_[file - 1]->places().header();
    if (h && before && h->offset == offset && h->epoch == before->epoch) file--;
  }
  return go_to(file, offset);
}

// The newest one that begins there or before; else the oldest.
size_t Reader::file_of(uint64_t offset) const {
  size_t file = chain_.size();
  while (file > 0) {
    const std::optional<Header>& h = chain_[--file]->places().header();
    if (h && h->offset <= offset) break;
  }
  return file;
}

base::Result<void> Reader::go_to(size_t file, uint64_t offset) {
  const Places& places = chain_[file]->places();
  const std::vector<Place>& all = places.all();
  const auto first = std::lower_bound(all.begin(), all.end(), offset,
                                      [](const Place& p, uint64_t o) { return p.offset < o; });
  const uint64_t position = places.position_of(offset);
  struct stat st {};
  const Unpack& in = chain_[file]->file();
  const bool known = !in.packed() && ::fstat(in.fd(), &st) == 0;
  if (known && static_cast<uint64_t>(st.st_size) < position) {
    // A power cut took the byte: on with what comes in its place.
    const auto size = static_cast<uint64_t>(st.st_size);
    return go(file, size, places.at_position(size));
  }
  return go(file, position, static_cast<size_t>(first - all.begin()) - 1);
}

base::Result<void> Reader::since(int64_t time_us) {
  for (size_t file = 0; file < chain_.size(); file++) {
    const Places& places = chain_[file]->places();
    const bool known = places.header() && !places.all().empty();
    if (!known && file + 1 < chain_.size()) {
      // Its bytes are older than the next file's first ones.
      const std::vector<Place>& next = chain_[file + 1]->places().all();
      if (!next.empty() && next.front().time_us < time_us) continue;
    }
    if (!known) return go(file, 0, SIZE_MAX);
    const std::vector<Place>& all = places.all();
    const auto first = std::find_if(all.begin(), all.end(), [&](const Place& p) {
      return p.time_us >= time_us && p.kind != Kind::end;
    });
    if (first == all.end()) continue;
    return go(file, first->position, static_cast<size_t>(first - all.begin()) - 1);
  }
  return from_end();
}

base::Result<void> Reader::last_lines(uint64_t n) {
  LinesPlace place;
  base::Result<void> found = find_last_lines(chain_, n, place);
  file_ = place.file;
  if (!found) return found;
  return go(place.file, place.position, link().places().at_position(place.position));
}

base::Result<void> Reader::from_end() {
  struct stat st {};
  const size_t last = chain_.size() - 1;
  if (chain_[last]->file().packed()) return last_lines(0);
  if (::fstat(chain_[last]->file().fd(), &st) < 0) return base::sys_error(errno, path_);
  const auto size = static_cast<uint64_t>(st.st_size);
  return go(last, size, chain_[last]->places().at_position(size));
}

base::Result<std::optional<Item>> Reader::next() {
  for (size_t i = 0; i < file_; i++) chain_[i].reset();  // not needed any more
  for (;;) {
    if (std::exchange(skips_, false)) {
      Item marker{Item::What::marker, Kind::gap, skipped_};
      marker.numbered = true;
      marker.offset = offset().value_or(0);
      return std::optional<Item>(marker);
    }
    if (std::optional<Item> item = step()) return item;
    const base::Result<bool> some = more();
    if (!some) return base::in(link().path(), some.error());
    if (!*some) return std::optional<Item>();
  }
}

bool Reader::skip_file() {
  if (file_ + 1 == chain_.size()) return false;
  const std::optional<uint64_t> here = offset() ? offset() : seen_;
  const int64_t was = epoch() != 0 ? epoch() : was_;
  if (!go(file_ + 1, 0, SIZE_MAX)) return false;
  const std::optional<uint64_t> next = offset();
  if (here && next && *here < *next && epoch() == was) mark(*next - *here);
  return true;
}

// What can be told from what was read: an event that is due, or bytes up to the next place.
std::optional<Item> Reader::step() {
  const Places& places = link().places();
  const std::vector<Place>& all = places.all();
  if (epoch() != 0) was_ = epoch();
  while (place_ + 1 < all.size() && all[place_ + 1].position <= at_) {
    const Place& p = all[++place_];
    if (is_event(p.kind)) {
      return Item{Item::What::event,     p.kind, p.text, p.time_us, true, p.offset,
                  places.resumed(place_)};
    }
  }
  if (block_at_ == block_size_) return {};
  return bytes_here();
}

Item Reader::take(Item item, uint64_t limit) {
  const size_t n = static_cast<size_t>(std::min<uint64_t>(limit - at_, block_size_ - block_at_));
  item.bytes = {&block_[block_at_], n};
  block_at_ += n;
  at_ += n;
  if (item.numbered && item.what == Item::What::bytes) seen_ = item.offset + n;
  return item;
}

Item Reader::bytes_here() {
  const std::vector<Place>& all = link().places().all();
  const std::optional<Header>& h = link().places().header();
  const bool last = place_ + 1 >= all.size();
  const uint64_t limit = last ? UINT64_MAX : all[place_ + 1].position;
  Item item;
  const std::optional<uint64_t> here = offset();
  item.numbered = here.has_value();
  item.offset = here.value_or(0);
  if (place_ == SIZE_MAX) {
    // Before the first record; before the index itself nothing is known.
    return take(item, h && at_ < h->position ? std::min(limit, h->position) : limit);
  }
  const Place& p = all[place_];
  item.time_us = p.time_us;
  const uint64_t n = last ? UINT64_MAX : all[place_ + 1].offset - p.offset;  // the stream's bytes
  if (p.kind != Kind::gap && at_ - p.position < n) {
    return take(item, n == UINT64_MAX ? limit : std::min(limit, p.position + n));
  }
  item.what = Item::What::marker;
  if (!last) item.offset = all[place_ + 1].offset;
  return take(item, limit);
}

// More bytes of this file, the next file, or what a rotation made. False: nothing yet.
base::Result<bool> Reader::more() {
  const bool last = file_ + 1 == chain_.size();
  for (int look = 0; look < 2; look++) {
    const base::Result<size_t> got = link().file().read(block_.get(), kBlock);
    if (!got) return got.error();
    // After the bytes: a new index is there before the new bytes, and a record before its own.
    const Link::Now now = last ? link().now(path_) : Link::Now::same;
    if (now == Link::Now::rewritten) return reopen();
    block_at_ = 0;
    block_size_ = *got;
    if (link().refresh() || *got > 0) return true;
    if (now == Link::Now::same) break;
    // Once more: what was written between the reading and the rotation.
    if (look == 1) return reopen();
  }
  if (last) return false;
  const uint64_t missing = untold();
  const base::Result<void> gone = go(file_ + 1, 0, SIZE_MAX);
  if (!gone) return gone.error();
  if (missing > 0) mark(missing);
  return true;
}

// At the end of a file: bytes that its index speaks of, and that it has not: somebody compressed it
// while it was written.
uint64_t Reader::untold() const {
  const std::vector<Place>& all = link().places().all();
  const std::optional<uint64_t> here = offset();
  return here && !all.empty() && all.back().offset > *here ? all.back().offset - *here : 0;
}

// Before the next piece.
void Reader::mark(uint64_t missing) {
  skips_ = true;
  skipped_ = base::cat("\n[[", missing, " bytes skipped]]\n");
}

// The newest file is another one now: on with the byte after the last one that was told.
base::Result<bool> Reader::reopen() {
  const std::optional<uint64_t> here = offset() ? offset() : seen_;
  const bool same = link().now(path_) == Link::Now::rewritten;
  base::Result<Chain> chain = open_chain(path_);
  if (!chain) return false;
  chain_ = std::move(*chain);
  file_ = chain_.size() - 1;
  const bool counts = here && epoch() != 0 && (was_ == 0 || epoch() == was_);
  const uint64_t position = same ? at_ : 0;
  const base::Result<void> gone = counts
                                      ? go_to(file_of(*here), *here)
                                      : go(file_, position, link().places().at_position(position));
  if (!gone) return gone.error();
  return true;
}

}  // namespace journal
