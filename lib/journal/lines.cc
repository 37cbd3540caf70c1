#include "lib/journal/lines.h"

#include <utility>

namespace journal {

bool Lines::give(std::string_view text, bool ended, const Item& at, const Take& take) {
  return take({at.what, at.kind, text, at.time_us, at.numbered, at.offset, ended});
}

bool Lines::feed(const Item& item, const Take& take) {
  if (item.what == Item::What::bytes) return bytes(item, take);
  if (item.what == Item::What::event) {
    return flush(take) && give(item.bytes, true, item, take);
  }
  // A marker is LF [[N bytes skipped]] LF: its first LF ends the line that was interrupted.
  if (!flush(take)) return false;
  std::string_view text = item.bytes;
  if (text.starts_with('\n')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text.empty() || give(text, true, item, take);
}

bool Lines::bytes(Item item, const Take& take) {
  while (!item.bytes.empty()) {
    const size_t end = item.bytes.find('\n');
    const bool ended = end != std::string_view::npos;
    std::string_view piece = item.bytes.substr(0, ended ? end : item.bytes.size());
    const bool over = rest_.size() + piece.size() > bound_;
    if (over) piece = piece.substr(0, bound_ - rest_.size());
    const size_t used = piece.size() + (ended && !over ? 1 : 0);
    bool on = true;
    if (!rest_.empty()) {
      rest_ += piece;
      if (ended || over) {
        const std::string whole = std::exchange(rest_, {});
        on = give(whole, ended && !over, first_, take);
      }
    } else if (ended || over) {
      on = give(piece, ended && !over, item, take);
    } else {
      rest_ = piece;
      first_ = item;
    }
    if (!on) return false;
    item.bytes.remove_prefix(used);
    item.offset += used;
  }
  return true;
}

bool Lines::flush(const Take& take) {
  if (rest_.empty()) return true;
  const std::string whole = std::exchange(rest_, {});
  return give(whole, false, first_, take);
}

}  // namespace journal
