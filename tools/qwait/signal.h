// Waiter: one waiter of a signal queue. Its position is fixed before it first looks, so nothing
// that is put afterwards is missed; a named one stores it after each line was written or each
// command has ended: after a crash the last may come again, none is skipped.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "lib/net/loop.h"
#include "lib/queue/signal.h"
#include "tools/qwait/job.h"
#include "tools/qwait/limits.h"
#include "tools/qwait/link.h"
#include "tools/qwait/output.h"

namespace qwait {

class Waiter {
 public:
  Waiter(net::Loop& loop, const Options& options, queue::Place place);

  // Until an end that the options or a signal set; the status for exit(3).
  int run();

 private:
  void ready();
  void read();
  void came(base::Result<queue::ReadAnswer> answer);
  void woken(const redis::Reply* answer);
  bool report(const queue::ReadAnswer& answer);
  void deliver();
  void gather();
  void hand_over(const queue::Message& message, uint64_t merged);
  void print(const queue::Message& message, uint64_t merged);
  void execute(const queue::Message& message, uint64_t merged);
  void handed(const queue::Position& at);
  void store(const queue::Position& at);
  void all_delivered();
  void stop(int signals);
  void close(const base::Result<void>& written);
  void finish();
  void fatal(const base::Error& error);

  net::Loop& loop_;
  const Options& options_;
  Limits limits_;
  Link link_;
  queue::Signal signal_;
  Output output_;
  std::unique_ptr<Reaper> reaper_;
  std::unique_ptr<Job> job_;
  net::Timer quiet_, longest_;
  std::deque<queue::Message> messages_;  // read, and not handed over
  std::optional<queue::Position> position_;
  queue::Position next_;                 // after all of messages_
  std::optional<queue::Message> burst_;  // its first
  queue::Position burst_end_;
  uint64_t merged_ = 0;
  uint64_t read_on_ = 0;  // the connections where next_ was read
  std::optional<queue::Position> unstored_;
  int storing_ = 0;
  bool reading_ = false, busy_ = false, more_ = false, stopped_ = false, closed_ = false;
  bool delivering_ = false;
  int failed_ = 0;
};

}  // namespace qwait
