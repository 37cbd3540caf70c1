// publish_feed: one console's journal on its way to one receiver: reads the next records behind the
// place up to which the receiver has them, a batch at a time, and keeps that place in a file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/journal/start.h"
#include "lib/net/disk_jobs.h"
#include "tools/consoled/publish_records.h"

namespace consoled {

// What a receiver is given at once.
struct Batch {
  std::string node;
  std::vector<PublishedRecord> records;  // in order; may be empty: only the place moved on
  std::string file_text;                 // for a log file, instead of records
  Mark from, to;
  bool more = false;    // there was no room for the next one
  uint64_t missed = 0;  // bytes that the journal had no more, or never got
  std::string trouble;  // the journal could not be read any further
};

struct FeedSettings {
  std::string journal;  // NODE.log
  std::string place;    // the file with the place; "": it is not kept
  RecordForm form;
  bool as_file = false;  // file_text
  bool stamps = true;
};

// Keeps `start` as the place, where there is none yet: a receiver that comes first after a restart
// gets what was said before it. Reads and writes the disk.
void keep_start(const std::string& place, const Mark& start);

class Feed {
 public:
  using Read = std::function<void(Batch)>;

  // `start`: where it begins when there is no place of it yet; epoch 0: where the journal ends.
  Feed(net::DiskJobs& jobs, std::string node, FeedSettings settings, Mark start);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // The next batch, behind the last one that was read. One at a time.
  void read(Read done);
  bool reading() const { return reading_; }
  // The receiver has all before this.
  void accepted(const Mark& mark);
  // Reads from there again: the receiver has less, or more, than was thought.
  void rewind(const Mark& mark);
  // Up to where the receiver has it; nothing: not read yet.
  const std::optional<Mark>& place() const { return place_; }
  // A line that is not complete, as goconserver repeats it; nothing: there is none.
  std::optional<std::string> remain() const { return remain_; }

 private:
  struct Source;

  net::DiskJobs& jobs_;
  std::string node_;
  std::shared_ptr<Source> source_;
  std::optional<Mark> place_;
  std::optional<std::string> remain_;
  bool reading_ = false;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

}  // namespace consoled
