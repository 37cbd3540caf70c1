#include "lib/journal/show.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/wire/console_record.h"
#include "lib/wire/escape.h"

namespace journal {

namespace {
constexpr unsigned kDigits = 3;  // of a second, for people; JSON has six
constexpr std::string_view kName = "\x1b[35m", kFound = "\x1b[1;31m", kPlain = "\x1b[m";

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::up:
      return "up";
    case Kind::down:
      return "down";
    case Kind::attach:
      return "attach";
    case Kind::detach:
      return "detach";
    case Kind::send_break:
      return "break";
    default:
      return "note";
  }
}

std::string event_text(const Line& line) {
  const std::string_view kind = kind_name(line.kind);
  return line.text.empty() ? std::string(kind) : base::cat(kind, ": ", line.text);
}

std::string_view without_cr(std::string_view text) {
  while (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// How many bytes at the end begin a character that the next bytes may complete.
size_t unfinished(std::string_view bytes) {
  for (size_t n = 1; n <= 3 && n <= bytes.size(); n++) {
    const auto c = static_cast<unsigned char>(bytes[bytes.size() - n]);
    if ((c & 0xC0U) == 0x80) continue;
    const size_t whole = c >= 0xF8 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
    return whole > n ? n : 0;
  }
  return 0;
}
}  // namespace

base::Result<ShowOptions> show_options(Asked asked) {
  ShowOptions o;
  if (asked.grep) {
    base::Result<Pattern> pattern = asked.fixed ? Pattern::text(*asked.grep, asked.ignore_case)
                                                : Pattern::regex(*asked.grep, asked.ignore_case);
    if (!pattern) return base::error(base::Errc::usage, "-g: ", pattern.error().what);
    o.wanted = std::move(*pattern);
  }
  o.asked = std::move(asked);
  return o;
}

Show::Show(const ShowOptions& options, std::string node, bool prefix, Output& out)
    : options_(options),
      asked_(options.asked),
      node_(std::move(node)),
      prefix_(prefix),
      out_(out),
      keep_(asked_.lines && asked_.keeps_lines()) {}

bool Show::take(const Item& item, int64_t epoch) {
  epoch_ = epoch;
  if (asked_.until && item.time_us > *asked_.until) return false;
  if (asked_.form == Form::asciicast) {
    record(item);
  } else if (asked_.as_it_was(prefix_)) {
    if (item.what != Item::What::event) out_.text += item.bytes;
    out_.any = true;
  } else {
    lines_.feed(item, [this](const Line& l) {
      line(l);
      return true;
    });
  }
  return true;
}

void Show::line(const Line& l) {
  const bool event = l.what == Item::What::event;
  if (event && !asked_.events) return;
  if (options_.wanted) {
    const std::string text = event ? event_text(l) : "";
    const bool found = options_.wanted->find(event ? text : without_cr(l.text)).has_value();
    if (found == asked_.invert) return;
  }
  out_.any = true;
  if (!keep_) return put(l, out_.text);
  put(l, kept_.emplace_back());
  kept_size_ += kept_.back().size();
  while (kept_.size() > *asked_.lines || (kept_size_ > options_.most_kept && kept_.size() > 1)) {
    kept_size_ -= kept_.front().size();
    kept_.pop_front();
  }
}

void Show::put(const Line& l, std::string& out) {
  if (asked_.form == Form::json) return put_json(l, out);
  put_text(l, out);
}

void Show::put_text(const Line& l, std::string& out) {
  if (prefix_) {
    out += base::cat(asked_.color ? kName : "", node_, asked_.color ? kPlain : "", ": ");
  }
  if (asked_.times) {
    out += l.time_us == 0 ? "-" : base::rfc3339_local(l.time_us, kDigits);
    out += ' ';
  }
  if (l.what == Item::What::event) {
    put_matches(base::cat("[[", event_text(l), "]]"), out);
  } else {
    put_matches(l.text, out);
  }
  out += '\n';
}

void Show::put_matches(std::string_view text, std::string& out) const {
  size_t at = 0;
  while (asked_.color && options_.wanted && !asked_.invert && at < text.size()) {
    const std::optional<Pattern::Found> found = options_.wanted->find(text, at);
    if (!found || found->size == 0) break;
    out += text.substr(at, found->at - at);
    out += base::cat(kFound, text.substr(found->at, found->size), kPlain);
    at = found->at + found->size;
  }
  out += text.substr(at);
}

void Show::put_json(const Line& l, std::string& out) const {
  const bool event = l.what == Item::What::event;
  const std::string date = l.time_us == 0 ? "" : base::rfc3339_local(l.time_us, 6);
  wire::ConsoleRecord r;
  r.type = event ? "event" : "console";
  r.message = event ? l.text : without_cr(l.text);
  r.node = node_;
  r.date = date;
  if (event) r.event = kind_name(l.kind);
  if (l.numbered) r.offset = l.offset;
  if (l.numbered && epoch_ != 0) r.epoch = epoch_;
  r.data = true;
  wire::append_record(r, out);
}

// asciicast v2: a header, and [seconds, "o", text] for each piece; text is UTF-8.
void Show::record(const Item& item) {
  if (item.what == Item::What::event) return;
  // What has no time follows at once; and no time goes back, though a clock was set.
  const int64_t now = std::max(item.time_us, last_us_);
  if (began_us_ == 0) began_us_ = now;
  if (!std::exchange(begun_, true)) {
    out_.text += "{\"version\":2,\"width\":80,\"height\":24,";
    if (now != 0) out_.text += base::cat("\"timestamp\":", now / 1000000, ',');
    out_.text += "\"idle_time_limit\":2,\"title\":";
    wire::append_go_string(node_, out_.text);
    out_.text += "}\n";
    out_.any = true;
  }
  std::string bytes = std::exchange(partial_, {});
  bytes += item.bytes;
  const size_t rest = unfinished(bytes);
  partial_ = bytes.substr(bytes.size() - rest);
  bytes.resize(bytes.size() - rest);
  if (bytes.empty()) return;
  last_us_ = now;
  record_bytes(bytes);
}

void Show::record_bytes(std::string_view bytes) {
  out_.text += base::cat('[', base::wall_text(last_us_ - began_us_), ",\"o\",");
  wire::append_go_string(bytes, out_.text);
  out_.text += "]\n";
}

void Show::caught_up() {
  for (const std::string& text : kept_) out_.text += text;
  kept_.clear();
  kept_size_ = 0;
  keep_ = false;
}

void Show::finish() {
  if (!partial_.empty()) record_bytes(partial_);
  lines_.flush([this](const Line& l) {
    line(l);
    return true;
  });
  caught_up();
}

}  // namespace journal
