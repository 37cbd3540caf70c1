// Put: messages on their way from the arguments or stdin into the queue, several batches ahead of
// the answers; stdin is read as the queue takes it, so that memory stays bounded. A batch whose
// answer was lost is never said again: whether it was put is not known.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/queue/session.h"
#include "lib/queue/signal.h"
#include "lib/queue/work.h"
#include "lib/redis/script.h"
#include "tools/qput/options.h"
#include "tools/qput/progress.h"
#include "tools/qput/result.h"
#include "tools/qput/source.h"

namespace qput {

class Put {
 public:
  Put(net::Loop& loop, const Options& options, queue::Place place);

  // Until all is put, and the results are there; the status for exit(3).
  int run();

 private:
  struct Batch {
    std::vector<std::string> payloads;
    queue::PutOptions put;
    size_t bytes = 0;
    int retries = 0;
  };
  using BatchPtr = std::shared_ptr<Batch>;

  void ready();
  void lost(const base::Error& error);
  void pour();
  bool fill(Batch& batch);
  bool next_message();
  bool room() const;
  void watch_stdin();
  void read_stdin();
  void send(const BatchPtr& batch);
  void put_work(const BatchPtr& batch);
  void put_signal(const BatchPtr& batch);
  void answered(const BatchPtr& batch, const queue::PutAnswer& answer);
  void refused(const BatchPtr& batch, const base::Error& error);
  void print(const std::string& id, std::string_view more);
  void settle();
  void fail(const base::Error& error);
  void stop(int status);

  net::Loop& loop_;
  const Options& options_;
  const queue::Place place_;
  Source source_;
  Progress progress_;
  redis::Client client_;
  redis::Scripts scripts_;
  queue::Work work_;
  queue::Signal signal_;
  Results results_;
  std::unique_ptr<net::Watch> stdin_;
  net::Timer again_;
  std::deque<BatchPtr> waiting_;    // refused for now, to be said again
  std::optional<Message> message_;  // read, and in no batch yet
  size_t argument_ = 0;             // the next one
  int in_flight_ = 0;
  bool begun_ = false, input_over_ = false, stdin_is_file_ = false, reading_ = false;
  bool stopped_ = false;
  int status_ = 0;
};

}  // namespace qput
