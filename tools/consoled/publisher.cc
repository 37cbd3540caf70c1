#include "tools/consoled/publisher.h"

#include <dirent.h>

#include <utility>

#include "lib/base/cat.h"
#include "lib/base/log.h"

namespace consoled {

namespace {
constexpr size_t kUnderWay = 16;  // batches, of some 64 KiB
constexpr int kLooks = 2;         // a slow disk may have the bytes a moment later
constexpr std::chrono::seconds kMinute{60};
constexpr std::chrono::seconds kRemains{75};  // goconserver's: an older rest is not repeated

// The files of a folder that end so, without that.
std::set<std::string> names_in(const std::string& folder, std::string_view ending) {
  std::set<std::string> out;
  const std::unique_ptr<DIR, net::Free<::closedir>> d(::opendir(folder.c_str()));
  while (const dirent* e = d ? ::readdir(d.get()) : nullptr) {
    std::string_view name = e->d_name;
    if (!name.ends_with(ending)) continue;
    name.remove_suffix(ending.size());
    out.emplace(name);
  }
  return out;
}
}  // namespace

Publisher::Publisher(net::Loop& loop, net::DiskJobs& jobs, PublisherSettings settings,
                     const MakeReceiver& receiver)
    : loop_(loop),
      jobs_(jobs),
      settings_(std::move(settings)),
      turn_(loop, [this] { turn(); }),
      minute_(loop, [this] { minute(); }),
      receiver_(receiver([this] { turn_.after({}); })) {
  if (settings_.asks) {
    known_ = names_in(settings_.journals, ".log");
  } else if (!settings_.places.empty()) {
    known_ = names_in(settings_.places, ".at");
  }
  minute_.after(kMinute);
}

void Publisher::defined(const std::string& node) {
  if (known_.erase(node) > 0) begins(node, {});
}

void Publisher::begins(const std::string& node, const Mark& start) {
  const auto [it, fresh] = lines_.try_emplace(node);
  Line& line = it->second;
  if (line.start.epoch == 0 && !line.feed) line.start = start;
  const std::string place = feed_settings(node).place;
  if (fresh && start.epoch != 0 && !place.empty()) {
    jobs_.run([place, start] { keep_start(place, start); }, [] {});
  }
  touched(node);
}

void Publisher::touched(const std::string& node) {
  const auto it = lines_.find(node);
  if (it == lines_.end()) return;
  it->second.looks = kLooks;
  it->second.touched = loop_.now();
  enqueue(node, it->second);
}

void Publisher::forget(const std::string& node) {
  const auto it = lines_.find(node);
  if (it != lines_.end() && !it->second.busy && !it->second.batch) lines_.erase(it);
}

std::optional<Mark> Publisher::place(const std::string& node) const {
  const auto it = lines_.find(node);
  if (it == lines_.end()) return {};
  const Line& line = it->second;
  if (line.feed && line.feed->place()) return line.feed->place();
  return line.start.epoch != 0 ? std::optional<Mark>(line.start) : std::nullopt;
}

void Publisher::enqueue(const std::string& node, Line& line) {
  if (line.waits || line.busy) return;
  line.waits = true;
  waiting_.push_back(node);
  if (!turn_.pending()) turn_.after(settings_.gather);
}

void Publisher::turn() {
  size_t left = waiting_.size();
  while (left-- > 0 && under_way_ < kUnderWay && receiver_->ready()) {
    const std::string node = std::move(waiting_.front());
    waiting_.pop_front();
    const auto it = lines_.find(node);
    // One that was forgotten and came again may stand here twice.
    if (it == lines_.end() || !it->second.waits) continue;
    it->second.waits = false;
    start(node, it->second);
  }
}

FeedSettings Publisher::feed_settings(const std::string& node) const {
  FeedSettings s;
  s.journal = base::cat(settings_.journals, '/', node, ".log");
  if (!settings_.places.empty()) s.place = base::cat(settings_.places, '/', node, ".at");
  s.form = settings_.form;
  s.as_file = settings_.as_file;
  s.stamps = settings_.stamps;
  return s;
}

void Publisher::start(const std::string& node, Line& line) {
  line.busy = true;
  under_way_++;
  if (line.batch) return give(node, line);
  if (!line.feed) {
    line.feed = std::make_unique<Feed>(jobs_, node, feed_settings(node), line.start);
  }
  if (line.looks > 0) line.looks--;
  line.feed->read([this, node](Batch batch) { got(node, std::move(batch)); });
}

void Publisher::got(const std::string& node, Batch batch) {
  Line& line = lines_[node];
  if (!batch.trouble.empty()) base::log::warn("logger ", name(), ": ", batch.trouble);
  if (batch.missed > 0) {
    base::log::warn("logger ", name(), ": ", node, ": ", batch.missed,
                    " bytes were never sent: the journal has them no more");
  }
  const bool ask = settings_.asks && !std::exchange(line.asked, true);
  if (batch.records.empty() && batch.file_text.empty() && !ask) {
    if (!(batch.to == batch.from)) line.feed->accepted(batch.to);
    return done(node, line, batch.more);
  }
  line.batch = std::make_shared<Batch>(std::move(batch));
  give(node, line);
}

void Publisher::give(const std::string& node, Line& line) {
  receiver_->send(*line.batch, [this, node](const Taken& taken) { given(node, taken); });
}

void Publisher::given(const std::string& node, const Taken& taken) {
  Line& line = lines_[node];
  if (taken.instead) {
    line.feed->rewind(*taken.instead);
    line.batch.reset();
    return done(node, line, true);
  }
  if (!taken.all) {
    // Kept, and given again: to the front, since it is the oldest.
    line.busy = false;
    under_way_--;
    line.waits = true;
    waiting_.push_front(node);
    if (!turn_.pending()) turn_.after(settings_.gather);
    return;
  }
  records_ += line.batch->records.size();
  const bool more = line.batch->more;
  line.feed->accepted(line.batch->to);
  line.batch.reset();
  done(node, line, more);
}

void Publisher::done(const std::string& node, Line& line, bool more) {
  line.busy = false;
  under_way_--;
  if (more || line.looks > 0) enqueue(node, line);
  if (more) return turn_.after({});
  // Those that found no room among the batches under way.
  if (!waiting_.empty() && !turn_.pending()) turn_.after(settings_.gather);
}

// Unfinished lines, and feeds of consoles that were silent: their files are closed.
void Publisher::minute() {
  minute_.after(kMinute);
  for (auto& [node, line] : lines_) {
    if (line.busy || line.waits || line.batch || !line.feed) continue;
    const base::Duration silent = loop_.now() - line.touched;
    const std::optional<std::string> remain = line.feed->remain();
    if (settings_.remains && remain && silent < kRemains) receiver_->tell(*remain);
    if (silent < kRemains) continue;
    line.start = line.feed->place().value_or(line.start);
    line.feed.reset();
  }
}

}  // namespace consoled
