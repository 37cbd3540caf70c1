// Publishers: the loggers of the configuration, each with its receiver. What they send is read from
// the journals, so without journals there is nothing to send.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/journal/start.h"
#include "lib/net/disk_jobs.h"
#include "tools/consoled/config.h"
#include "tools/consoled/publisher.h"

namespace consoled {

class Publishers {
 public:
  Publishers(net::Loop& loop, net::DiskJobs& jobs) : loop_(loop), jobs_(jobs) {}

  // Loggers that are new or changed begin, at their places where they have some; those that are
  // gone end. One that cannot begin (a folder that cannot be made) is left out, and named in the
  // log and in what is returned. After a reload defined(), and begins() for consoles that are being
  // journalled, are to be called for each.
  std::vector<std::string> apply(const Config& config);

  // There is such a console: what its journal has from before is sent, if it was not.
  void defined(const std::string& node);
  // The console's journal goes on there: as journal::find_start() said, before its first byte.
  void begins(const std::string& node, const journal::Start& start);
  // Bytes or an event were given to the console's journal.
  void touched(const std::string& node);
  void forget(const std::string& node);

  const std::vector<std::unique_ptr<Publisher>>& all() const { return all_; }

 private:
  // What one was made of.
  struct Made {
    Logger logger;
    bool stamps = true;
    unsigned digits = 6;
    bool operator==(const Made&) const = default;
  };
  base::Result<std::unique_ptr<Publisher>> publisher(const Config& config, const Logger& logger);

  net::Loop& loop_;
  net::DiskJobs& jobs_;
  std::vector<Made> made_;
  std::vector<std::unique_ptr<Publisher>> all_;  // one for each of made_
};

}  // namespace consoled
