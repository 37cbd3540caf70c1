#include "tools/consoled/publish_records.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/wire/console_record.h"

namespace consoled {

using journal::Item;
using journal::Kind;
using journal::Line;

namespace {
constexpr uint64_t kEvents = 1000;  // keys for so many events between two bytes

// What goconserver says of an event; empty: it says nothing. Of one who comes, its welcome.
std::string event_message(Kind kind, std::string_view who, int64_t time_us, std::string_view node) {
  switch (kind) {
    case Kind::up:
      return "[goconserver connected]";
    case Kind::down:
      return "[goconserver disconnected]";
    case Kind::attach:
      return base::cat("goconserver(", base::rfc3339_local(time_us, 0), "): Hello ", who,
                       ", welcome to the session of ", node);
    default:
      return {};
  }
}

template <class T>
bool take_number(std::string_view& text, T& value, bool last) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (last) return text.empty();
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  return true;
}
}  // namespace

std::string mark_text(const Mark& mark) {
  return base::cat(mark.epoch, ':', mark.offset, ':', mark.events);
}

std::optional<Mark> parse_mark(std::string_view text) {
  Mark m;
  if (!take_number(text, m.epoch, false) || !take_number(text, m.offset, false) ||
      !take_number(text, m.events, true)) {
    return {};
  }
  return m;
}

Records::Records(std::string node, RecordForm form, const Mark& from)
    : node_(std::move(node)), form_(std::move(form)), skip_(from.events), at_(from) {}

void Records::feed(const Item& item, int64_t epoch, std::vector<PublishedRecord>& out) {
  if (epoch != 0) at_.epoch = epoch;
  if (item.what == Item::What::event) return event(item, out);
  lines_.feed(item, [&](const Line& l) {
    line(l, out);
    return true;
  });
}

void Records::end_line(std::vector<PublishedRecord>& out) {
  lines_.flush([&](const Line& l) {
    line(l, out);
    return true;
  });
}

void Records::line(const Line& l, std::vector<PublishedRecord>& out) {
  if (l.numbered) {
    const bool marker = l.what == Item::What::marker;
    move(marker ? l.offset : l.offset + l.text.size() + (l.ended ? 1 : 0));
  }
  std::string_view text = l.text;
  while (text.ends_with('\r')) text.remove_suffix(1);
  put("console", text, l.time_us, out);
}

void Records::event(const Item& item, std::vector<PublishedRecord>& out) {
  if (std::exchange(here_, item.offset) != item.offset) told_here_ = 0;
  const bool over = item.kind == Kind::down || (item.kind == Kind::up && !item.resumed);
  if (over || !lines_.from()) end_line(out);
  move(lines_.from().value_or(item.offset));
  told_here_++;
  if (skip_ > 0) {
    skip_--;
    return;
  }
  at_.events++;
  const std::string message = event_message(item.kind, item.bytes, item.time_us, node_);
  if (!message.empty()) put("event", message, item.time_us, out);
}

void Records::move(uint64_t offset) {
  if (offset == at_.offset) return;
  at_.offset = offset;
  at_.events = offset == here_ ? told_here_ : 0;
  skip_ = 0;
}

std::string Records::date_of(int64_t time_us) const {
  return form_.date && time_us != 0 ? base::rfc3339_local(time_us, form_.digits) : "";
}

void Records::put(std::string_view type, std::string_view message, int64_t time_us,
                  std::vector<PublishedRecord>& out) const {
  PublishedRecord& r = out.emplace_back();
  r.after = at_;
  const std::string date = date_of(time_us);
  wire::ConsoleRecord record;
  record.type = type;
  record.message = message;
  record.node = node_;
  record.date = date;
  if (!form_.source.empty()) {
    // Source and number: a number that only grows, so that the receiver may forget old ones.
    const uint64_t number = at_.offset * kEvents + std::min<uint64_t>(at_.events, kEvents - 1);
    r.key = base::cat(form_.source, '.', node_, '.', at_.epoch, ':', number);
    record.key = r.key;
    record.data = true;
  }
  wire::append_record(record, r.text);
}

std::optional<std::string> Records::remain() const {
  if (!lines_.pending()) return {};
  const std::string date = date_of(lines_.since());
  wire::ConsoleRecord record;
  record.type = "remain";
  record.message = lines_.rest();
  record.node = node_;
  record.date = date;
  std::string out;
  wire::append_record(record, out);
  return out;
}

StampedText::StampedText(std::string node, bool stamps, const Mark& from)
    : node_(std::move(node)), stamps_(stamps), from_(from), at_(from) {}

void StampedText::feed(Item item, int64_t epoch, std::string& out) {
  if (epoch != 0) at_.epoch = epoch;
  const std::string stamp = stamps_ && item.time_us != 0
                                ? base::cat('[', base::rfc3339_local(item.time_us, 0), "] ")
                                : "";
  if (item.what == Item::What::event) return event(item, stamp, out);
  const bool bytes = item.what == Item::What::bytes;
  if (item.numbered && item.offset + (bytes ? 1 : 0) <= from_.offset) pass(item);
  if (item.numbered) move(item.offset + (bytes ? item.bytes.size() : 0));
  text(item.bytes, stamp, out);
}

// What was written before.
void StampedText::pass(Item& item) {
  const uint64_t left = item.what == Item::What::bytes ? from_.offset - item.offset : UINT64_MAX;
  const size_t n = std::min<uint64_t>(left, item.bytes.size());
  if (n > 0) within_line_ = item.bytes[n - 1] != '\n';
  item.bytes.remove_prefix(n);
  if (item.what == Item::What::bytes) item.offset += n;
}

void StampedText::event(const Item& item, std::string_view stamp, std::string& out) {
  move(item.offset);
  const std::string message = event_message(item.kind, item.bytes, item.time_us, node_);
  if (!message.empty()) within_line_ = false;
  if (item.offset < from_.offset) return;
  if (item.offset == from_.offset && skip_ > 0) {
    skip_--;
    return;
  }
  at_.events++;
  if (!message.empty()) out += base::cat("\r\n", stamp, message, "\r\n");
}

void StampedText::text(std::string_view left, std::string_view stamp, std::string& out) {
  while (!left.empty()) {
    if (!within_line_) out += stamp;
    const size_t end = left.find('\n');
    const size_t n = end == std::string_view::npos ? left.size() : end + 1;
    out += left.substr(0, n);
    within_line_ = end == std::string_view::npos;
    left.remove_prefix(n);
  }
}

void StampedText::move(uint64_t offset) {
  if (offset <= at_.offset) return;
  at_.offset = offset;
  at_.events = 0;
}

}  // namespace consoled
