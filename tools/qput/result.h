// Results: waits for what became of items, one after the other, and hands on what their workers
// wrote. Looking takes nothing away, so it is done again after a lost connection.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/loop.h"
#include "lib/queue/work.h"
#include "lib/redis/client.h"
#include "tools/qput/options.h"

namespace qput {

// Exit statuses of --result besides the command's own (DESIGN, part 4).
enum Outcome : int { kOutcomeRefused = 110, kOutcomeUnknown = 112, kOutcomeTimeout = 124 };

// For exit(3), what an item's end says: "exit 3", "signal 9", "dead exit 3", "dropped" ...
int status_of(std::string_view end);

class Results {
 public:
  // `done` gets the status; called from the loop, once.
  Results(net::Loop& loop, const Options& options, redis::Client& client, queue::Work& work,
          std::function<void(int status)> done);

  void add(const std::vector<std::string>& ids);
  // All are put; `status` is what putting them came to.
  void begin(int status);
  // There is a connection again.
  void resume();
  bool waiting() const { return begun_; }

 private:
  void look(int64_t block_ms, bool last);
  void not_yet(bool last);
  void ended(const std::string& end);
  void parts(const std::string& end, const redis::Reply& reply);
  void print_json(const std::string& end, const redis::Reply& reply) const;
  void next(int status);
  void over();

  net::Loop& loop_;
  const Options& options_;
  redis::Client& client_;
  queue::Work& work_;
  std::function<void(int)> done_;
  net::Timer deadline_;
  std::deque<std::string> ids_;
  bool begun_ = false;
  int status_ = 0;
};

}  // namespace qput
