// Publisher: one logger: the feeds of the consoles it was told of, and its receiver. Memory is
// bounded whatever the receiver does: so many batches are on their way at once, the rest waits in
// the journals.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "lib/net/disk_jobs.h"
#include "lib/net/loop.h"
#include "tools/consoled/publish_feed.h"
#include "tools/consoled/receiver.h"

namespace consoled {

struct PublisherSettings {
  std::string name;      // of the logger
  std::string kind;      // "file", "tcp" ...
  std::string journals;  // the folder of the journals
  std::string places;    // the folder for NODE.at; "": there are none
  RecordForm form;
  bool as_file = false;
  bool stamps = true;
  bool asks = false;  // the receiver has places that count: asked, also where nothing is to be sent
  bool remains = false;  // unfinished lines are repeated once a minute
  base::Duration gather = std::chrono::milliseconds(300);
};

class Publisher {
 public:
  using MakeReceiver = std::function<std::unique_ptr<Receiver>(std::function<void()> ready)>;

  Publisher(net::Loop& loop, net::DiskJobs& jobs, PublisherSettings settings,
            const MakeReceiver& receiver);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // There is such a console, whose journal may have what the receiver has not, from before.
  void defined(const std::string& node);
  // The console's journal goes on there; before the first touched().
  void begins(const std::string& node, const Mark& start);
  // The console said something, or something happened to it.
  void touched(const std::string& node);
  // The console is gone for good.
  void forget(const std::string& node);

  const std::string& name() const { return settings_.name; }
  const std::string& kind() const { return settings_.kind; }
  // Up to where the receiver has what a console said; nothing: it is not known yet.
  std::optional<Mark> place(const std::string& node) const;
  const Receiver& receiver() const { return *receiver_; }
  uint64_t records() const { return records_; }
  // Batches that are read and not yet with the receiver, and consoles that wait for their turn.
  size_t under_way() const { return under_way_; }
  size_t waiting() const { return waiting_.size(); }

 private:
  struct Line {
    Mark start;
    std::unique_ptr<Feed> feed;
    std::shared_ptr<Batch> batch;  // read, and not with the receiver yet
    bool waits = false;            // in waiting_
    bool busy = false;
    bool asked = false;
    int looks = 0;  // so often it is to be looked at again
    base::Time touched{};
  };

  void enqueue(const std::string& node, Line& line);
  void turn();
  void start(const std::string& node, Line& line);
  void got(const std::string& node, Batch batch);
  void give(const std::string& node, Line& line);
  void given(const std::string& node, const Taken& taken);
  void done(const std::string& node, Line& line, bool more);
  FeedSettings feed_settings(const std::string& node) const;
  void minute();

  net::Loop& loop_;
  net::DiskJobs& jobs_;
  PublisherSettings settings_;
  std::set<std::string> known_;  // consoles with a place, or a journal, from before
  std::map<std::string, Line> lines_;
  std::deque<std::string> waiting_;
  size_t under_way_ = 0;
  uint64_t records_ = 0;
  net::Timer turn_, minute_;
  std::unique_ptr<Receiver> receiver_;
};

}  // namespace consoled
