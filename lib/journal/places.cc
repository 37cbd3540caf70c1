#include "lib/journal/places.h"

#include <algorithm>
#include <cstdint>

namespace journal {

size_t Places::feed(std::string_view bytes) {
  const size_t had = bytes.size();
  if (!header_) {
    header_ = read_header(bytes);
    if (!header_) return 0;
    bytes.remove_prefix(kRecordSize);
  }
  while (const std::optional<Record> r = read_record(bytes)) {
    bytes.remove_prefix(kRecordSize);
    if (r->kind == Kind::text) {
      if (!all_.empty()) all_.back().text += r->text;
      continue;
    }
    // One that goes back is of bytes that the file lost in a crash.
    const uint64_t floor = all_.empty() ? header_->position : all_.back().position;
    all_.push_back({r->kind, r->time_us, r->offset, std::max(r->position, floor), r->source, {}});
  }
  return had - bytes.size();
}

size_t Places::at_position(uint64_t position) const {
  const auto after =
      std::upper_bound(all_.begin(), all_.end(), position,
                       [](uint64_t p, const Place& place) { return p < place.position; });
  return static_cast<size_t>(after - all_.begin()) - 1;
}

uint64_t Places::position_of(uint64_t offset) const {
  const auto after =
      std::upper_bound(all_.begin(), all_.end(), offset,
                       [](uint64_t o, const Place& place) { return o < place.offset; });
  if (after == all_.begin()) {
    const Header h = header_.value_or(Header{});
    return h.position + (offset > h.offset ? offset - h.offset : 0);
  }
  const Place& from = *(after - 1);
  // Within bytes that were lost: where the marker ends.
  if (from.kind == Kind::gap) return after == all_.end() ? from.position : after->position;
  const uint64_t position = from.position + (offset - from.offset);
  return after == all_.end() ? position : std::min(position, after->position);
}

bool Places::resumed(size_t place) const {
  if (place == 0 || all_[place].kind != Kind::up) return false;
  const Place& before = all_[place - 1];
  const Place& up = all_[place];
  return up.source.epoch != 0 && up.source.epoch == before.source.epoch &&
         up.source.offset - before.source.offset == up.offset - before.offset;
}

std::optional<uint64_t> Places::position_since(int64_t time_us) const {
  for (const Place& place : all_) {
    if (place.time_us >= time_us && place.kind != Kind::end) return place.position;
  }
  return {};
}

}  // namespace journal
